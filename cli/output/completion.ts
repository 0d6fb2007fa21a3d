/** Completion scripts for bash, zsh and fish, made from the commands themselves. */
import { assertNever } from '../../mesh/kit/assert-never.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export interface CommandWords {
  readonly name: string;
  readonly description: string;
  /** Subcommands, options and fixed arguments that may follow. */
  readonly words: readonly string[];
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
  const cases = commands.map((command) => `    ${command.name}) words="${command.words.join(' ')}" ;;`);
  return [
    '_isthmus() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="" word words',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) ;; *) command="$word"; break ;; esac',
    '  done',
    '  case "$command" in',
    ...cases,
    `    *) words="${commands.map((command) => command.name).join(' ')}" ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _isthmus isthmus',
  ].join('\n');
}

function fish(commands: readonly CommandWords[]): string {
  return commands
    .flatMap((command) => [
      `complete -c isthmus -f -n __fish_use_subcommand -a ${command.name} -d ${quote(command.description)}`,
      `complete -c isthmus -f -n '__fish_seen_subcommand_from ${command.name}' -a ${quote(command.words.join(' '))}`,
    ])
    .join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
