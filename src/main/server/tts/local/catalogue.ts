/** A file of a voice, beside those of the same voice. */
export interface CatalogueFile {
  /** Behind the address of the host. */
  path: string;
  name: string;
  sizeBytes?: number;
  md5?: string;
  sha256?: string;
}

export interface CatalogueVoice {
  name: string;
  /** BCP 47. */
  language: string;
  /** As far as it is known here; the voice's MODEL_CARD, which is downloaded with it, has the last word. */
  licence: string | undefined;
  /** Of the model, which is nearly all of it. */
  sizeBytes: number;
  files: CatalogueFile[];
}

/** A mirror with the same paths can take its place (`--from`). */
export const CATALOGUE_HOST = 'https://huggingface.co';

/** The tag under which Piper publishes its voices: what stands under a tag does not change. */
const PIPER = '/rhasspy/piper-voices/resolve/v1.0.0';

/**
 * Piper voices to download: plain files, small and fast enough for any machine. Sizes and MD5 sums of the models are those of
 * Piper's own list (voices.json in rhasspy/piper). Only the SHA-256 of en_US-joe-medium was taken from the file itself, of
 * which the MD5 sum was the one in that list; the settings and the card of a voice are not in a list that fits the tag.
 */
export const CATALOGUE: readonly CatalogueVoice[] = [
  piper('en_US-joe-medium', 63_201_294, '74fd6a4dc39e0aa9dce145d7f5acd4f6', {
    licence: 'CC0 (recordings); trained on from lessac',
    sha256: '58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06',
  }),
  piper('en_US-amy-medium', 63_201_294, '778d28aeb95fcdf8a882344d9df142fc'),
  piper('en_US-ryan-medium', 63_201_294, '8f06d3aff8ded5a7f13f907e6bec32ac'),
  piper('en_GB-alan-medium', 63_201_294, '8f6b35eeb8ef6269021c6cb6d2414c9b'),
  piper('en_GB-alba-medium', 63_201_294, 'c07f313752bb3aba8061041666251654'),
  piper('zh_CN-huayan-medium', 63_201_294, '40cdb7930ff91b81574d5f0489e076ea'),
  piper('de_DE-thorsten-medium', 63_201_294, 'a129b00fb3078df43c96bab6c94535c0', { licence: 'CC0 (recordings)' }),
  piper('fr_FR-siwis-medium', 63_201_294, '20e876e8c839e9b11a26085858f2300c'),
  piper('es_ES-davefx-medium', 63_201_294, 'dc515cd4ecc5f6f72fe14a941188fc9c'),
  piper('it_IT-riccardo-x_low', 28_130_791, '2c564b67f6bfaf3ad02d28ab528929b8'),
  piper('pt_BR-faber-medium', 63_201_294, 'e0724a2f07965f6523d2a1e96b488a4c'),
  piper('ru_RU-irina-medium', 63_201_294, '21fbe77fdc68bdc35d7adb6bf4f52199'),
];

function piper(
  name: string,
  sizeBytes: number,
  md5: string,
  { licence, sha256 }: { licence?: string; sha256?: string } = {},
): CatalogueVoice {
  const [locale = '', speaker = '', quality = ''] = name.split('-');
  const folder = `${PIPER}/${locale.split('_')[0]}/${locale}/${speaker}/${quality}`;
  return {
    name,
    language: locale.replace('_', '-'),
    licence,
    sizeBytes,
    files: [
      { path: `${folder}/${name}.onnx.json`, name: `${name}.onnx.json` },
      { path: `${folder}/MODEL_CARD`, name: 'MODEL_CARD' },
      { path: `${folder}/${name}.onnx`, name: `${name}.onnx`, sizeBytes, md5, ...(sha256 && { sha256 }) },
    ],
  };
}
