/** Completion scripts for bash, zsh and fish, made from the commands themselves. */
import { assertNever } from '../../mesh/kit/assert-never.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export interface OptionWords {
  readonly long: string;
  readonly short?: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** The values it may have; empty: any. */
  readonly choices: readonly string[];
}

export interface CommandWords {
  /** `token create`; empty for the program itself. */
  readonly path: string;
  readonly description: string;
  /** Paths of the commands one level below. */
  readonly children: readonly string[];
  /** Fixed values of its arguments. */
  readonly values: readonly string[];
  /** Its own, and those that every command takes. */
  readonly options: readonly OptionWords[];
}

export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return fish(commands);
    default:
      return assertNever(shell);
  }
}

function bash(commands: readonly CommandWords[]): string {
  const options = allOptions(commands);
  const chosen = options.filter(({ choices }) => choices.length > 0);
  // The longest path first: `token create` is no other word of `token`.
  const deepestFirst = [...commands].sort((a, b) => b.path.length - a.path.length);
  return [
    '_isthmus() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"',
    '  local path="" skip="" word words',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    if [ "$word" = "=" ]; then skip=1; continue; fi',
    '    if [ -n "$skip" ]; then skip=""; continue; fi',
    '    case "$word" in',
    `      ${spellings(options.filter(({ takesValue }) => takesValue)).join('|')}) skip=1 ;;`,
    '      -*) ;;',
    '      *) path="${path:+$path }$word" ;;',
    '    esac',
    '  done',
    '  case "$previous" in',
    ...chosen.map((option) => `    ${spellings([option]).join('|')}) ${reply(option.choices)}; return ;;`),
    '  esac',
    '  if [ -n "$skip" ]; then COMPREPLY=(); return; fi',
    '  case "$path" in',
    ...deepestFirst.map((command) => `    ${bashPattern(command)}) words="${wordsOf(command).join(' ')}" ;;`),
    '    *) words="" ;;',
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _isthmus isthmus',
  ].join('\n');
}

/** A command with others below it is not meant once one of them is named. */
function bashPattern({ path, children }: CommandWords): string {
  return children.length > 0 ? `"${path}"` : `"${path}"|"${path} "*`;
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current"))`;
}

function wordsOf({ path, children, values, options }: CommandWords): readonly string[] {
  const names = children.map((child) => child.slice(path.length).trim());
  return [...names, ...values, ...options.map(({ long }) => long)];
}

function fish(commands: readonly CommandWords[]): string {
  const withValue = spellings(allOptions(commands).filter(({ takesValue }) => takesValue));
  const descriptions = new Map(commands.map(({ path, description }) => [path, description]));
  return [
    'function __isthmus_at',
    '  set -l path; set -l skip 0',
    '  for word in (commandline -opc)[2..-1]',
    '    if test $skip = 1; set skip 0; continue; end',
    '    switch $word',
    `      case ${withValue.map(quote).join(' ')}; set skip 1`,
    "      case '-*'",
    "      case '*'; set -a path $word",
    '    end',
    '  end',
    '  test "$path" = "$argv[1]"; or string match -q -- "$argv[2]" "$path"',
    'end',
    ...commands.flatMap((command) => fishCommand(command, descriptions)),
  ].join('\n');
}

function fishCommand(command: CommandWords, descriptions: ReadonlyMap<string, string>): string[] {
  const below = command.children.length > 0 ? '' : `${command.path} *`;
  const rule = `complete -c isthmus -n ${quote(`__isthmus_at "${command.path}" "${below}"`)}`;
  const children = command.children.map((child) => {
    const name = child.slice(command.path.length).trim();
    return `${rule} -f -a ${name} -d ${quote(descriptions.get(child) ?? '')}`;
  });
  const values = command.values.length > 0 ? [`${rule} -f -a ${quote(command.values.join(' '))}`] : [];
  return [...children, ...values, ...command.options.map((option) => rule + fishOption(option))];
}

function fishOption({ long, short, description, takesValue, choices }: OptionWords): string {
  const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
  const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : ' -f';
  return `${letter} -l ${long.slice(2)}${value} -d ${quote(description)}`;
}

function allOptions(commands: readonly CommandWords[]): readonly OptionWords[] {
  return [...new Map(commands.flatMap(({ options }) => options.map((each) => [each.long, each]))).values()];
}

function spellings(options: readonly OptionWords[]): readonly string[] {
  return options.flatMap(({ long, short }) => (short === undefined ? [long] : [short, long]));
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
