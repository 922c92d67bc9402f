/**
 * How glibc's malloc is to run a server of pictures for weeks (mallopt(3)); it reads this when a process starts, and only then.
 *
 * Left alone, it learns from the first large buffer that is freed to take all such buffers from its heaps, one heap for each
 * thread that asks. There they lie between small things that stay, and what is freed between those stays ours: 100 connections
 * to three presenters ended at 449 MB and still rose, with 111 MB of it free. With these they end at 319 MB, where they were after
 * 30: a buffer of a quarter of a megabyte or more has pages of its own, which go back to the system with it.
 */
export const STEADY_MEMORY = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: String(256 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(4 * 1024 * 1024),
};

/** What to start a server with; what is set already stays. Other systems than Linux have other allocators, which do not ask for this. */
export const steadyMemory = (env = process.env, platform = process.platform) =>
  platform === 'linux' ? { ...STEADY_MEMORY, ...env } : { ...env };

/** Whether this very process was started so, or needs no such thing. */
export const hasSteadyMemory = (env = process.env, platform = process.platform) =>
  platform !== 'linux' || Object.keys(STEADY_MEMORY).every((name) => env[name] !== undefined);
