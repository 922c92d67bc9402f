import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const at = (path: string) => resolve(import.meta.dirname, path);

// Every entry of the Node side lands flat in out/main, so that src/main/server/entries.ts finds its siblings.
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      // Dependencies stay in node_modules; optional ones have to be named.
      externalizeDeps: { include: ['sherpa-onnx-node'] },
      rollupOptions: {
        input: {
          index: at('src/main/index.ts'),
          serve: at('src/main/server/serve.ts'),
          infer: at('src/main/server/mouth/infer.ts'),
          'espeak-worker': at('src/main/server/tts/espeak-worker.ts'),
          convert: at('src/main/server/mouth/weights/convert-process.ts'),
          'local-voice': at('src/main/server/tts/local/voice-process.ts'),
          decode: at('src/main/server/audio/decode-process.ts'),
          transcode: at('src/main/server/avatar/transcode-process.ts'),
          remux: at('src/main/server/recordings/remux-process.ts'),
          clip: at('src/main/server/clips/clip-main.ts'),
          'clip-process': at('src/main/server/clips/clip-process.ts'),
          rtmp: at('src/main/server/outputs/rtmp/rtmp-process.ts'),
          camera: at('src/main/server/outputs/camera/camera-process.ts'),
          'import-avatar': at('src/main/server/avatar/import-command.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: {
        input: { index: at('src/preload/index.ts') },
        // A sandboxed preload script must be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('src/renderer'),
    base: './',
    build: {
      outDir: at('out/renderer'),
      minify: true,
      // The studio, and the clean feed at /stage.
      rollupOptions: { input: { index: at('src/renderer/index.html'), stage: at('src/renderer/stage/index.html') } },
    },
    plugins: [react()],
  },
});
