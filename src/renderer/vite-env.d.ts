/// <reference types="vite/client" />
/// <reference path="../preload/bridge.ts" />
