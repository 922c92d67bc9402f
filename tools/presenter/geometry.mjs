// Software WebGL pays for every vertex in every pass, so what never changes the picture is taken off it. Runs in the page.
import { Float32BufferAttribute, Vector3 } from 'three';

/** Removes triangles that are out of frame: those wholly below `minY` in the world, with the bones as they are. */
export function dropTrianglesBelow(mesh, minY) {
  const { index, attributes } = mesh.geometry;
  if (!index) return;
  mesh.skeleton?.update();
  const point = new Vector3();
  // Not the raw attribute: it may be quantised, and only skinning puts it in metres.
  const inFrame = Array.from(
    { length: attributes.position.count },
    (_, i) => mesh.localToWorld(mesh.getVertexPosition(i, point)).y > minY,
  );
  const kept = [];
  for (let i = 0; i < index.count; i += 3) {
    const corners = [index.getX(i), index.getX(i + 1), index.getX(i + 2)];
    if (corners.some((v) => inFrame[v])) kept.push(...corners);
  }
  mesh.geometry.setIndex(kept);
}

/**
 * Blends shapes on the CPU: a face uses a dozen of its 65 shapes, and the result serves both the shadow and the colour pass.
 * Returns `apply(weights)`, weights by shape name.
 */
export function createMorpher(mesh) {
  const { geometry, morphTargetDictionary } = mesh;
  const parts = ['position', 'normal'].filter((name) => geometry.morphAttributes[name]);
  const rest = Object.fromEntries(parts.map((name) => [name, readAll(geometry.attributes[name])]));
  const shapes = Object.entries(morphTargetDictionary).map(([name, i]) => [
    name,
    Object.fromEntries(parts.map((part) => [part, sparse(readAll(geometry.morphAttributes[part][i]))])),
  ]);
  for (const part of parts) {
    // Plain floats: the file's own attributes may be quantised integers.
    geometry.setAttribute(part, new Float32BufferAttribute(rest[part].slice(), 3));
  }
  geometry.morphAttributes = {};
  mesh.morphTargetDictionary = undefined;
  mesh.morphTargetInfluences = undefined;
  return (weights) => {
    for (const part of parts) {
      const attribute = geometry.attributes[part];
      attribute.array.set(rest[part]);
      for (const [name, deltas] of shapes) {
        const weight = weights[name] ?? 0;
        if (weight === 0) continue;
        const { at, by } = deltas[part];
        for (let k = 0; k < at.length; k += 1) attribute.array[at[k]] += weight * by[k];
      }
      attribute.needsUpdate = true;
    }
  };
}

function readAll(attribute) {
  const out = new Float32Array(attribute.count * 3);
  for (let i = 0; i < attribute.count; i += 1) {
    out[3 * i] = attribute.getX(i);
    out[3 * i + 1] = attribute.getY(i);
    out[3 * i + 2] = attribute.getZ(i);
  }
  return out;
}

function sparse(values) {
  const at = [];
  values.forEach((v, i) => {
    if (v !== 0) at.push(i);
  });
  return { at: Uint32Array.from(at), by: Float32Array.from(at, (i) => values[i]) };
}
