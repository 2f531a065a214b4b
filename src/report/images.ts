/** Pictures that the model got wrong. */
import { grouped, percent } from './format.js';
import { type Html, html } from './html.js';
import type { Mistake } from './judgement.js';
import { pngAddress } from './png.js';

/** Pictures of one size, one after another, dark on light where values are high. */
export interface Pictures {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** As many are drawn at most. */
const MOST_PICTURES = 48;

function card({ data, width, height }: Pictures, mistake: Mistake, classes: readonly string[]): Html {
  const size = width * height;
  const pixels = data.slice(mistake.row * size, (mistake.row + 1) * size).map((value) => 255 - value);
  const truth = classes[mistake.label] as string;
  const prediction = classes[mistake.prediction] as string;
  const confidence = percent(mistake.confidence);
  const words = `A picture of class ${truth} that was taken for ${prediction} with probability ${confidence}`;
  return html`<li><img src="${pngAddress(pixels, width, height, 1)}" width="72" height="72" alt="${words}">
<span class="verdict"><b>${prediction}</b><span>is ${truth}</span></span><small>${confidence}</small></li>
`;
}

/** The misclassified pictures, in the order given: the most confident errors first. */
export function mistakeGallery(pictures: Pictures, mistakes: readonly Mistake[], classes: readonly string[]): Html {
  if (mistakes.length === 0) return html`<p class="note">None: every test picture was recognized.</p>`;
  const shown = mistakes.slice(0, MOST_PICTURES);
  const count =
    shown.length < mistakes.length ? `the first ${shown.length} of ${grouped(mistakes.length)}` : 'all of them';
  return html`<p class="note">Large: what the model answered, with its probability below. The most confident errors come first;
${count} are shown.</p>
<ul class="gallery">
${shown.map((mistake) => card(pictures, mistake, classes))}</ul>`;
}
