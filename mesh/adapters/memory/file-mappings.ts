/** Which parts of a process's memory are pages of a file and nothing else. Pure. */

/** Addresses in bytes; `end` is the first that is no longer of it. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** What a mapping's part of the text begins with: `6e1000-1f3a000 r-xp 002e1000 08:01 1186   /usr/local/bin/node`. */
const HEAD = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) [0-9a-f]+ \S+ \d+ +(.*)$/;
/** Pages that the process changed, as relocations and a debugger do: no file has them. */
const OWN_PAGES = /^(?:Anonymous|Swap): +[1-9]\d* kB$/;

/**
 * The mappings of `file` that cannot be written and have no page of the process's own. `smaps` is the text of
 * /proc/self/smaps (proc_pid_smaps(5)).
 */
export function fileMappings(smaps: string, file: string): readonly AddressRange[] {
  return readMappings(smaps)
    .filter(({ name, permissions }) => name === file && !permissions.includes('w'))
    .filter(({ details }) => !details.some((line) => OWN_PAGES.test(line)))
    .map(({ start, end }) => ({ start, end }));
}

interface Mapping extends AddressRange {
  /** As `r-xp`. */
  readonly permissions: string;
  readonly name: string;
  readonly details: string[];
}

function readMappings(smaps: string): readonly Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of smaps.split('\n')) {
    const [, start, end, permissions = '', name = ''] = HEAD.exec(line) ?? [];
    if (start === undefined) mappings.at(-1)?.details.push(line);
    else mappings.push({ start: address(start), end: address(end), permissions, name, details: [] });
  }
  return mappings;
}

function address(hex: string | undefined): bigint {
  return BigInt(`0x${hex ?? '0'}`);
}
