/**
 * Values of a chart inside objects made by the functions of the command line: they stand there as words without a
 * meaning of their own, and become Helm expressions in templates, and example values in the rendered manifest.
 */
export interface Forms {
  /** As it stands in a template. */
  readonly helm: string;
  /** As it stands in the rendered manifest. */
  readonly example: string;
}

/** What a text is written for. */
export type Form = keyof Forms;

const VALUE = /expression-([0-9a-f]+)-end/g;
const FIELD = /^( *)when-([0-9a-f]+)-end-(.*)$/gm;

/** The word passes for any scalar, in whatever field it stands. */
export function expression<T = string>(forms: Forms): T {
  return `expression-${encode(forms)}-end` as T;
}

/** The name of a field that is there only where the condition holds: one that is written on one line. */
export function fieldWhen(
  condition: { readonly helm: string; readonly example: boolean },
  name: string,
): string {
  const { helm, example } = condition;
  return `when-${encode({ helm, example: String(example) })}-end-${name}`;
}

/** Replaces all words in a text. Braces that stand there already would be taken for a template. */
export function resolve(text: string, form: Form): string {
  if (form === 'helm' && text.includes('{{'))
    throw new Error('a literal {{ needs to be escaped in a template');
  const fields = text.replace(FIELD, (...[, indent, word, rest]: readonly string[]) => {
    const { helm, example } = decode(word ?? '');
    if (form === 'helm') return `${indent}{{- if ${helm} }}\n${indent}${rest}\n${indent}{{- end }}`;
    return example === 'true' ? `${indent}${rest}` : DROPPED;
  });
  return fields.replaceAll(`${DROPPED}\n`, '').replace(VALUE, (_, word: string) => decode(word)[form]);
}

const DROPPED = '\u0000';

function encode(forms: Forms): string {
  return Buffer.from(JSON.stringify(forms)).toString('hex');
}

function decode(word: string): Forms {
  return JSON.parse(Buffer.from(word, 'hex').toString()) as Forms;
}
