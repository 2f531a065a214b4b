import { FormatError } from '../errors.js';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from '../format/safetensors.js';
import { decodeModel, ENSEMBLE_FORMAT, encodeModel, type SavedModel } from './checkpoint.js';

/** An ensemble as safetensors bytes: tensors `member0/dense0.weight`, and the metadata of each member under `member0`. */
export function encodeEnsemble(options: object, members: readonly SavedModel[]): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, NamedArray>();
  const metadata: Record<string, string> = { format: ENSEMBLE_FORMAT, bagging: JSON.stringify(options) };
  members.forEach((member, i) => {
    const contents = decodeSafetensors(encodeModel(member), 'save');
    metadata[`member${i}`] = JSON.stringify(contents.metadata);
    for (const [name, tensor] of contents.tensors) tensors.set(`member${i}/${name}`, tensor);
  });
  return encodeSafetensors({ tensors, metadata });
}

/**
 * Reads what `encodeEnsemble` wrote. Whether the options can be used is checked by who builds the ensemble.
 * @throws FormatError for truncated, damaged and foreign files.
 */
export function decodeEnsemble(bytes: Uint8Array): {
  readonly options: unknown;
  readonly members: readonly SavedModel[];
} {
  const { tensors, metadata } = decodeSafetensors(bytes, 'loadEnsemble');
  const { format, bagging: options = '' } = metadata;
  if (format !== ENSEMBLE_FORMAT) {
    const found = `this file has the format ${format ?? 'of another program'}, and an ensemble has ${ENSEMBLE_FORMAT}`;
    throw new FormatError(`loadEnsemble: ${found}. Help: read single models with load.`);
  }
  // others may add entries of their own
  const known = Object.keys(metadata).filter((key) => /^member\d+$/.test(key));
  const parts = known.map(() => new Map<string, NamedArray>());
  for (const [name, tensor] of tensors) {
    const [, member = '', own = ''] = /^member(\d+)\/(.+)$/.exec(name) ?? [];
    const part = member === '' ? undefined : parts[Number(member)];
    if (!part) throw damaged(`${name} belongs to no member`);
    part.set(own, tensor);
  }
  const members = parts.map((part, i) => {
    const own = parse(metadata[`member${i}`], `what is known of member ${i}`);
    return decodeModel(encodeSafetensors({ tensors: part, metadata: own as Record<string, string> }));
  });
  return { options: parse(options, 'what is known of the ensemble'), members };
}

function parse(text: string | undefined, what: string): object {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // told like any other text that is not what is needed
  }
  throw damaged(`${what} is not a JSON object`);
}

/** For files whose checksum is right and whose content is not. */
export function damaged(rule: string): FormatError {
  return new FormatError(`loadEnsemble: ${rule}. Help: save the ensemble again with lanegrad.`);
}
