export const STEADY_MEMORY: Record<string, string>;
export function steadyMemory(env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform): NodeJS.ProcessEnv;
export function hasSteadyMemory(env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform): boolean;
