/** How the command reads `--augment`. */
import { describe, expect, it } from 'vitest';
import { readAugmentation } from '../../src/cli/augment.js';
import { ArgumentError, augment } from '../../src/index.js';

describe('--augment', () => {
  it('reads every change; noise is a share of the full brightness of bytes', () => {
    expect(readAugmentation('train', 'rotate:15,flip-h,shift:2,stretch:0.1,noise:0.2')).toEqual(
      augment({ rotate: 15, flipHorizontal: true, shift: 2, stretch: 0.1, noise: 51 }),
    );
    expect(readAugmentation('train', 'flip-v')).toEqual(augment({ flipVertical: true }));
  });

  it.each([
    ['rotat:15', /unknown `--augment rotat`: did you mean `rotate`\?/],
    ['flip-h,zoom:2', /unknown `--augment zoom`: known are `flip-h`/],
    ['', /unknown `--augment `/],
    ['flip-h:1', /`flip-h` of `--augment` takes no value, and here it is `flip-h:1`\./],
    ['rotate', /`rotate` of `--augment` needs a value, as in `rotate:0\.1`/],
    ['shift:', /`shift` of `--augment` needs a value/],
    ['rotate:x', /cannot be used: augment: `rotate` must be a number from 0 to 360\. Received: NaN/],
    ['rotate:15,flip-h,rotate:3', /`--augment` has `rotate` twice\./],
    ['flip-h,flip-h', /`--augment` has `flip-h` twice\./],
    ['stretch:2', /cannot be used: augment: `stretch` must be a number from 0 to 0\.9\. Received: 2/],
  ])('refuses %j', (text, message) => {
    expect(() => readAugmentation('train', text)).toThrow(ArgumentError);
    expect(() => readAugmentation('train', text)).toThrow(message);
  });
});
