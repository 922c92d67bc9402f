// The studio: camera, background and lights, all placed relative to the presenter's head. Runs in the page.
import * as THREE from 'three';
import { RoomEnvironment } from 'three/addons/environments/RoomEnvironment.js';

export function createRenderer(canvas) {
  const renderer = new THREE.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
  renderer.toneMapping = THREE.ACESFilmicToneMapping;
  renderer.toneMappingExposure = 0.98;
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = THREE.PCFSoftShadowMap;
  renderer.setPixelRatio(1);
  return renderer;
}

export function addEnvironment(scene, renderer) {
  scene.environment = new THREE.PMREMGenerator(renderer).fromScene(new RoomEnvironment(), 0.04).texture;
  scene.environmentIntensity = 0.42;
}

/**
 * A soft gradient on a plane in the scene. `scene.background` would be simpler, but it ignores the camera's view
 * offset, and the training crops must show the same background as the full picture.
 */
export function addBackground(scene, head) {
  const size = 512;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const g = canvas.getContext('2d');
  const base = g.createLinearGradient(0, 0, 0, size);
  base.addColorStop(0, '#76879a');
  base.addColorStop(1, '#55657a');
  g.fillStyle = base;
  g.fillRect(0, 0, size, size);
  // Off-centre glow, as from a light on the wall behind; long ramps, because H.264 bands on short ones.
  const glow = g.createRadialGradient(size * 0.56, size * 0.4, 0, size * 0.56, size * 0.4, size * 0.62);
  glow.addColorStop(0, 'rgba(214,222,230,0.95)');
  glow.addColorStop(0.35, 'rgba(186,199,212,0.62)');
  glow.addColorStop(0.7, 'rgba(140,157,175,0.2)');
  glow.addColorStop(1, 'rgba(120,138,158,0)');
  g.fillStyle = glow;
  g.fillRect(0, 0, size, size);
  const texture = new THREE.CanvasTexture(canvas);
  texture.colorSpace = THREE.SRGBColorSpace;
  const wall = new THREE.Mesh(
    new THREE.PlaneGeometry(1.05, 1.05),
    new THREE.MeshBasicMaterial({ map: texture, toneMapped: false }),
  );
  wall.position.set(head.x, head.y + 0.03, head.z - 1.2);
  scene.add(wall);
}

function directional(scene, head, colour, intensity, [x, y, z]) {
  const light = new THREE.DirectionalLight(colour, intensity);
  light.position.set(head.x + x, head.y + y, head.z + z);
  light.target.position.copy(head);
  scene.add(light, light.target);
  return light;
}

export function addLights(scene, head) {
  const key = directional(scene, head, '#ffeedd', 2.45, [1.05, 0.9, 1.3]);
  key.castShadow = true;
  key.shadow.mapSize.set(2048, 2048);
  key.shadow.radius = 7;
  key.shadow.bias = -0.0004;
  key.shadow.normalBias = 0.004;
  Object.assign(key.shadow.camera, { left: -0.4, right: 0.4, top: 0.4, bottom: -0.4, near: 0.1, far: 4 });
  directional(scene, head, '#d4e2ff', 0.45, [-1.2, 0.2, 1]); // fill
  directional(scene, head, '#fff6ea', 0.18, [0, -0.5, 1.4]); // bounce from the desk: lifts the chin's shadow
  directional(scene, head, '#ffffff', 1.15, [-0.8, 0.8, -1.2]); // rim: hair against the wall
}

export function createCamera(head) {
  const camera = new THREE.PerspectiveCamera(17.5, 1, 0.01, 20);
  camera.position.set(head.x, head.y + 0.07, head.z + 1.16);
  camera.lookAt(head.x, head.y + 0.055, head.z);
  return camera;
}
