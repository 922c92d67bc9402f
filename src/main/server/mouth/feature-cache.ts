import { type StoredTensor, storedBytes } from './kept-codec';
import type { FaceKey } from './network';

/**
 * What is kept of faces, within a byte budget; the face that was not needed for longest goes first. A loop that plays to and
 * fro finds the half of it near each end, however small the budget; what is missing costs one run of the face graph.
 */
export class FeatureCache {
  private readonly faces = new Map<FaceKey, { tensors: StoredTensor[]; bytes: number }>();
  private held = 0;

  constructor(private readonly budgetBytes: number) {}

  get bytes(): number {
    return this.held;
  }

  get(face: FaceKey): StoredTensor[] | undefined {
    const found = this.faces.get(face);
    if (!found) return undefined;
    this.faces.delete(face);
    this.faces.set(face, found);
    return found.tensors;
  }

  /** A face that is larger than the whole budget is not kept. */
  put(face: FaceKey, tensors: StoredTensor[]): void {
    this.delete(face);
    const bytes = tensors.reduce((sum, tensor) => sum + storedBytes(tensor), 0);
    if (bytes > this.budgetBytes) return;
    for (const oldest of this.faces.keys()) {
      if (this.held + bytes <= this.budgetBytes) break;
      this.delete(oldest);
    }
    this.faces.set(face, { tensors, bytes });
    this.held += bytes;
  }

  delete(face: FaceKey): void {
    this.held -= this.faces.get(face)?.bytes ?? 0;
    this.faces.delete(face);
  }
}
