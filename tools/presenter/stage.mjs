// The page's entry: `stage.load()` once, then `stage.render()` per picture. Driven from Node by browser.mjs.
import * as THREE from 'three';
import { loadCharacter } from '/tools/character.mjs';
import { FRAME_PX } from '/tools/framing.mjs';
import { addBackground, addEnvironment, addLights, createCamera, createRenderer } from '/tools/studio.mjs';

const canvas = document.getElementById('stage');
const renderer = createRenderer(canvas);
let scene;
let camera;
let character;

/** @param {'picture' | 'wall'} look the whole scene, or the wall alone as it is behind this character */
async function load(look = 'picture') {
  scene = new THREE.Scene();
  addEnvironment(scene, renderer);
  character = await loadCharacter('/character.glb');
  if (look === 'picture') scene.add(character.model);
  addBackground(scene, character.headPosition);
  addLights(scene, character.headPosition);
  camera = createCamera(character.headPosition);
}

/** PNG (base64) of a pose. `box` = [x, y, side] in the 720 px picture; without it the whole picture. */
function render(pose, sizePx, box) {
  renderer.setSize(sizePx, sizePx, false);
  if (box) camera.setViewOffset(FRAME_PX, FRAME_PX, box[0], box[1], box[2], box[2]);
  else camera.clearViewOffset();
  character.setPose(pose);
  character.setFace(pose);
  renderer.render(scene, camera);
  return canvas.toDataURL('image/png').split(',')[1];
}

window.stage = { load, render };
