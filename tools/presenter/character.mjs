// A VALID character: loading, materials, and posing by bones and blend shapes. Runs in the page.
import * as THREE from 'three';
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { createMorpher, dropTrianglesBelow } from '/tools/geometry.mjs';
import { faceShapes } from '/tools/mouth-shapes.mjs';

const KEPT = ['map', 'normalMap', 'side', 'alphaTest', 'transparent', 'depthWrite', 'opacity', 'vertexColors'];

/** Skin lit with a wrapped diffuse term, redder in the wrap: a cheap stand-in for subsurface scattering. */
function wrapDiffuse(shader) {
  const lights = THREE.ShaderChunk.lights_physical_pars_fragment
    .replace(
      'float dotNL = saturate( dot( geometryNormal, directLight.direction ) );',
      'float rawNL = dot( geometryNormal, directLight.direction ); float dotNL = saturate( rawNL );',
    )
    .replace(
      'reflectedLight.directDiffuse += irradiance * BRDF_Lambert( material.diffuseColor );',
      `vec3 wrapWidth = vec3( 0.42, 0.16, 0.10 );
       vec3 wrapped = saturate( ( vec3( rawNL ) + wrapWidth ) / ( ( 1.0 + wrapWidth ) * ( 1.0 + wrapWidth ) ) );
       reflectedLight.directDiffuse += wrapped * directLight.color * BRDF_Lambert( material.diffuseColor );`,
    );
  shader.fragmentShader = shader.fragmentShader.replace('#include <lights_physical_pars_fragment>', lights);
}

function materialFor(mesh) {
  const from = mesh.material;
  const to = new THREE.MeshPhysicalMaterial({ metalness: 0 });
  for (const key of KEPT) if (from[key] !== undefined) to[key] = from[key];
  to.color = from.color.clone();
  if (to.map) to.map.anisotropy = 8;
  if (/wig|hair/i.test(mesh.name)) {
    Object.assign(to, { roughness: 0.5, specularIntensity: 0.18, side: THREE.DoubleSide });
    to.color.multiplyScalar(0.85);
  } else if (/eye|gland/i.test(mesh.name)) {
    Object.assign(to, { roughness: 0.14, specularIntensity: 1, envMapIntensity: 1.4 });
  } else if (/teeth/i.test(mesh.name)) {
    // Matt and with little environment, or the open mouth shines like chrome.
    Object.assign(to, { roughness: 0.6, specularIntensity: 0.2, envMapIntensity: 0.3 });
    to.color.multiplyScalar(0.82);
  } else {
    Object.assign(to, { roughness: 0.56, specularIntensity: 0.42 });
    to.onBeforeCompile = wrapDiffuse;
  }
  return to;
}

/** Turn a bone by world-axis Euler angles on top of its rest pose. */
function turn(bone, [x, y, z]) {
  const rest = (bone.userData.rest ??= {
    own: bone.quaternion.clone(),
    parent: bone.parent.getWorldQuaternion(new THREE.Quaternion()),
  });
  const world = new THREE.Quaternion().setFromEuler(new THREE.Euler(x, y, z, 'YXZ'));
  const local = rest.parent.clone().invert().multiply(world).multiply(rest.parent);
  bone.quaternion.copy(local.multiply(rest.own));
}

function lowerArms(model) {
  // The rig rests in a T pose.
  for (const [name, angle] of [
    ['LeftShoulder', -0.12],
    ['RightShoulder', 0.12],
    ['LeftArm', -1.05],
    ['RightArm', 1.05],
  ]) {
    const bone = model.getObjectByName(name);
    turn(bone, [0, 0, angle]);
    delete bone.userData.rest;
    bone.updateMatrixWorld(true);
  }
}

export async function loadCharacter(url) {
  const loader = new GLTFLoader();
  loader.setMeshoptDecoder(MeshoptDecoder);
  const model = (await loader.loadAsync(url)).scene;
  model.updateMatrixWorld(true);
  lowerArms(model);
  model.updateMatrixWorld(true);
  const headPosition = model.getObjectByName('Head').getWorldPosition(new THREE.Vector3());
  const morphers = [];
  model.traverse((mesh) => {
    if (!mesh.isMesh) return;
    dropTrianglesBelow(mesh, headPosition.y - 0.42);
    mesh.castShadow = mesh.receiveShadow = true;
    mesh.frustumCulled = false;
    mesh.material = materialFor(mesh);
    if (mesh.morphTargetDictionary) morphers.push(createMorpher(mesh));
  });
  const bone = Object.fromEntries(
    ['Spine1', 'Spine2', 'LeftShoulder', 'RightShoulder', 'Neck', 'Head', 'LeftEye', 'RightEye'].map((name) => [
      name,
      model.getObjectByName(name),
    ]),
  );
  const chestY = bone.Spine2.position.clone();

  function setPose({ head = [0, 0, 0], breath = 0, sway = 0, gaze = [0, 0] }) {
    turn(bone.Spine1, [0, 0, sway]);
    turn(bone.Spine2, [-0.006 * breath, 0, 0]);
    bone.Spine2.position.copy(chestY).multiplyScalar(1 + 0.01 * breath);
    turn(bone.LeftShoulder, [0, 0, 0.014 * breath]);
    turn(bone.RightShoulder, [0, 0, -0.014 * breath]);
    // A head turns over the whole neck; the chest's own movement is taken out so that the head stays level.
    turn(bone.Neck, [0.4 * head[0] + 0.004 * breath, 0.35 * head[1], 0.4 * head[2] - sway]);
    turn(bone.Head, [0.6 * head[0], 0.65 * head[1], 0.6 * head[2]]);
    // Eyes stay on the camera while the head moves, plus the glance.
    const eye = [gaze[0] - head[0], gaze[1] - head[1], 0];
    turn(bone.LeftEye, eye);
    turn(bone.RightEye, eye);
  }

  function setFace(face) {
    const weights = faceShapes(face);
    for (const apply of morphers) apply(weights);
  }

  return { model, headPosition, setPose, setFace };
}
