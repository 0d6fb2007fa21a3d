import { describe, expect, it } from 'vitest';
import { linksWanted, mostLinks } from './links-wanted.ts';

describe('links through a gateway', () => {
  it.each([
    ['none without streams', [0, 1, 5], [0], 0],
    ['one to one endpoint, or to an unknown number', [1, 0], [1, 40, 256], 1],
    ['as many as have room for all streams', [1, 0], [257, 512], 2],
    ['one for each of a few streams', [5, 1_000], [3], 3],
    ['four for each of a few endpoints', [2], [8, 9, 400], 8],
    ['sixteen where streams are few for the endpoints', [5, 1_000], [16, 40, 64], 16],
    ['one for four of many streams', [100, 1_000], [400], 100],
  ])('are %s', (_what, endpoints, streams, links) => {
    const wanted = endpoints.flatMap((behind) => streams.map((carried) => linksWanted(behind, carried)));
    expect(new Set(wanted)).toEqual(new Set([links]));
  });

  it.each([
    ['one to one endpoint, or to an unknown number', [1, 0], [0, 256], 1],
    ['as many as have room for all streams', [1, 0, 2], [2_049], 9],
    ['four for each endpoint, however few streams there are', [3], [0, 5, 400], 12],
  ])('are at most %s', (_what, endpoints, streams, links) => {
    const most = endpoints.flatMap((behind) => streams.map((carried) => mostLinks(behind, carried)));
    expect(new Set(most)).toEqual(new Set([links]));
  });
});
