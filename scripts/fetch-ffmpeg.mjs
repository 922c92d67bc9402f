// `npm run fetch-ffmpeg`: the FFmpeg program that node-av offers for this platform, for exports on machines without one.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ffmpegPath, isFfmpegAvailable } from 'node-av/ffmpeg';

if (isFfmpegAvailable()) {
  process.stdout.write(`It is there already: ${ffmpegPath()}\n`);
} else {
  const installer = join(dirname(createRequire(import.meta.url).resolve('node-av/ffmpeg')), 'install.js');
  spawnSync(process.execPath, [installer], { stdio: 'inherit' });
  // The installer ends with 0 whatever happens, so as not to break npm: what counts is the file.
  if (isFfmpegAvailable()) {
    process.stdout.write(`Exports can use it now: ${ffmpegPath()}\n`);
  } else {
    process.stderr.write(
      'FFmpeg could not be fetched from GitHub (what is above says why). Install it with the package manager of this ' +
        'system (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg), or name one with --ffmpeg_path.\n',
    );
    process.exitCode = 1;
  }
}
