import { Application, i18n, ReflectionKind } from 'typedoc';

/** What typedoc says of a symbol without words: its name, kind and file are put in. */
const MESSAGE =
  '{0} ({1}), defined in {2}, has no words. Help: write /** … */ right above it (of an option also `@param options.NAME`): ' +
  'what it is, its unit or shape, and its default, as in "Default: 0.9."';

/** What typedoc does not look for within parameters: the options of a function whose type has no name of its own. */
const KINDS = ReflectionKind.Property | ReflectionKind.Accessor | ReflectionKind.Method;

function isInParameter({ parent }) {
  return parent !== undefined && (parent.kindOf(ReflectionKind.Parameter) || isInParameter(parent));
}

/** Words of its own, or those of everything that it can be called or read by. */
function hasWords(one) {
  const signatures = [one.getSignature, one.setSignature, ...(one.signatures ?? [])].filter(Boolean);
  return one.hasComment() || (signatures.length > 0 && signatures.every((signature) => signature.hasComment()));
}

/** A plugin of typedoc: its check of words, for the options of functions too, and saying how to mend what it finds. */
export function load(app) {
  app.internationalization.addTranslations('en', {
    reflection_0_kind_1_defined_in_2_does_not_have_any_documentation: MESSAGE,
  });
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const one of project.getReflectionsByKind(KINDS)) {
      if (!isInParameter(one) || hasWords(one)) continue;
      const file = project.getSymbolIdFromReflection(one);
      const args = [
        one.getFriendlyFullName(),
        ReflectionKind[one.kind],
        file ? `${file.packageName}/${file.packagePath}` : '?',
      ];
      app.logger.validationWarning(i18n.reflection_0_kind_1_defined_in_2_does_not_have_any_documentation(...args));
    }
  });
}
