import manifest from '../../package.json' with { type: 'json' };

/** Of Isthmus, as released. */
export const VERSION: string = manifest.version;
