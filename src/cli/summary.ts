/** `lanegrad summary`: what is in a model file. */
import { describeFeatures } from '../data/index.js';
import { counted, grouped, percent } from '../report/format.js';
import { r2Text } from '../report/headline.js';
import { SCORES } from './answer.js';
import { type Arguments, Values, type Verb } from './arguments.js';
import { openModel } from './models.js';
import { splitAbout } from './table/parts.js';
import { Terminal } from './terminal.js';

async function run(args: Arguments): Promise<void> {
  const terminal = new Terminal({ json: false, quiet: false });
  const {
    model,
    run: origin,
    features,
    task,
  } = await openModel('summary', new Values('summary', args).text('model') as string);
  terminal.print(model.summary());
  if (task.kind === 'classes') terminal.print(`classes ${task.classes.join(', ')}`);
  if (features) terminal.print(`\n${describeFeatures(features)}\n`);
  if (!origin) return;
  const { data, rows, seed, test, validation, lanegrad, plannedMembers, table } = origin;
  const shares = `${test === undefined ? '' : `test ${test}, `}validation ${validation}`;
  const what = table?.file ?? data;
  terminal.print(`trained by lanegrad ${lanegrad} on ${what}, ${grouped(rows)} rows in all, ${shares}, seed ${seed}`);
  if (table?.reached) {
    const { score, value, rows: tested, epochs, keptEpoch } = table.reached;
    const reached = score === 'r2' ? r2Text(value) : percent(value, 2);
    const kept = keptEpoch > 0 ? `, weights of epoch ${keptEpoch}` : '';
    const after = `after ${counted(epochs, 'epoch')}${kept}`;
    terminal.print(`test ${SCORES[score].label} ${reached} on ${grouped(tested)} rows, ${after}`);
  }
  if (table) {
    const how = splitAbout(table.by);
    const again = table.reached
      ? '`evaluate` finds the test part in the same table again'
      : 'none was left for a test part, and the model is not tested';
    terminal.print(`rows were parted ${how}; ${again}`);
  }
  if (plannedMembers !== undefined) terminal.print(`interrupted before all ${plannedMembers} members were trained`);
}

const FLAGS = {
  model: { type: 'positional', required: true, description: 'a model file, such as lanegrad-out/model.safetensors' },
} as const;

/** The verb. */
export const summary: Verb = {
  usage: 'MODEL',
  about: 'Shows layers, parameters, features and origin of a saved model.',
  groups: { arguments: FLAGS },
  run,
};
