/** The parts of a report below its head: each a title with what belongs to it. */
import type { Diagnosis } from '../model/diagnosis.js';
import { calibrationFigure, type Reliability } from './calibration.js';
import { confusionTable, isMatrix } from './confusion.js';
import { type Curve, curveFigure, isDrawn } from './curves.js';
import type { Fact } from './facts.js';
import { counted } from './format.js';
import { type Html, html } from './html.js';
import { mistakeGallery, type Pictures } from './images.js';
import { type CostlyImportances, type Importances, importanceBars, importanceMissing } from './importance.js';
import type { Judgement, Mistake } from './judgement.js';
import { layerFigures } from './layers.js';
import { type ClassParts, type NumberParts, partFigures } from './parts.js';
import { type Plane, planeFigure } from './plane.js';
import { type Residuals, residualFigures } from './residuals.js';
import { type TableDescription, tableDescription } from './tabledescription.js';

/** A part of the page with a heading of its own. */
export interface Section {
  readonly title: string;
  readonly content: Html;
}

/** Facts that belong together. */
export interface Settings {
  readonly title: string;
  readonly facts: readonly Fact[];
}

/** The learning curves; undefined where no epoch was completed. */
export function curvesSection(curves: readonly Curve[]): Section | undefined {
  const drawn = curves.filter(isDrawn);
  if (drawn.length === 0) return undefined;
  return { title: 'Learning curves', content: html`<div class="pair">${drawn.map(curveFigure)}</div>` };
}

/**
 * What went on in the layers; undefined where the training was not diagnosed.
 * @param members of an ensemble, how many models there are; the diagnoses are then those of the first
 */
export function layersSection(diagnostics: readonly Diagnosis[], members?: number): Section | undefined {
  if (diagnostics.length === 0) return undefined;
  return { title: 'Layers over the epochs', content: layerFigures(diagnostics, members) };
}

/** Which class was taken for which. */
export function confusionSection(judgement: Judgement): Section {
  return { title: isMatrix(judgement) ? 'Confusion matrix' : 'Classes and errors', content: confusionTable(judgement) };
}

/** Whether the probabilities can be believed. */
export function calibrationSection(reliability: Reliability): Section {
  return { title: 'Calibration', content: calibrationFigure(reliability) };
}

/** How far the answers of a model of numbers are off; `seed` says which points are drawn where there are many. */
export function residualsSection(targets: readonly Residuals[], seed: number): Section {
  return { title: 'Residuals', content: residualFigures(targets, seed) };
}

/** What each column is worth to the model, or why that is not known. */
export function importanceSection(found: Importances | CostlyImportances): Section {
  const content = 'most' in found ? importanceMissing(found) : importanceBars(found);
  return { title: 'What the answers rest on', content };
}

/** What is in the table. */
export function tableSection(description: TableDescription): Section {
  return { title: 'The data', content: tableDescription(description) };
}

/** The parts of the rows; `about` says how they came about. */
export function partsSection(parts: ClassParts | NumberParts, about: string): Section {
  return { title: 'The split', content: partFigures(parts, about) };
}

/** The plane with the rows that are points in it, coloured by what the model answers there. */
export function planeSection(plane: Plane, errors: number): Section {
  return { title: `Decision boundary, ${counted(errors, 'error')}`, content: planeFigure(plane) };
}

/** The rows that were not recognized, where rows are pictures. */
export function picturesSection(pictures: Pictures, mistakes: readonly Mistake[], classes: readonly string[]): Section {
  return {
    title: `${counted(mistakes.length, 'error')} on test pictures`,
    content: mistakeGallery(pictures, mistakes, classes),
  };
}

/** All that was decided before the training began. */
export function settingsSection(settings: readonly Settings[]): Section {
  const groups = settings.map(
    ({ title, facts }) => html`<div class="card"><h3>${title}</h3><dl>
${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl></div>
`,
  );
  return {
    title: 'Configuration',
    content: html`<div class="settings">
${groups}</div>`,
  };
}
