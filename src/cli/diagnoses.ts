/** What the diagnoses of a training say, on the terminal. */
import type { Diagnosis } from '../index.js';
import type { Ending } from './ending.js';
import type { Terminal } from './terminal.js';

/** The diagnoses that are shown: those of the model, or of an ensemble's first member; empty where none were asked for. */
export function shownDiagnoses({ history, bagging }: Pick<Ending, 'history' | 'bagging'>): readonly Diagnosis[] {
  return (bagging ? bagging.members[0] : history)?.diagnostics ?? [];
}

/** The warnings of the last epoch as notes; with --json every diagnosis as an event, those of all members. */
export function tellDiagnoses(terminal: Terminal, ending: Pick<Ending, 'history' | 'bagging'>): void {
  const { bagging, history } = ending;
  const whose = bagging ? `${terminal.style.dim('member 1:')} ` : '';
  shownDiagnoses(ending)
    .at(-1)
    ?.warnings.forEach((warning, i) => {
      terminal.note(i === 0 ? 'warning' : '', `${whose}${warning}`);
    });
  (bagging?.members ?? [history]).forEach(({ diagnostics = [] }, member) => {
    diagnostics.forEach((diagnosis, i) => {
      terminal.event('diagnosis', { ...(bagging && { member: member + 1 }), epoch: i + 1, ...diagnosis });
    });
  });
}
