import { afterEach, describe, expect, it, vi } from 'vitest';
import { INITIAL_CREDIT, MAX_STREAMS } from '../decide/stream-frames.ts';
import { Output } from '../http/output.ts';
import { until } from '../testing/applications.ts';
import type { LinkStream } from './link-stream.ts';
import { bytes, hear, linkPair, openStream, type LinkPair } from './testing/link-pair.ts';

let pair: LinkPair;
afterEach(() => {
  pair.end();
  expect(pair.violations).toEqual([]);
});

/** A stream that has said `first`, and its other end. */
function stream(first?: string): Promise<readonly [LinkStream, LinkStream]> {
  return openStream(pair, first);
}

describe('streams of one link', () => {
  it('carry bytes both ways, each its own', async () => {
    pair = await linkPair();
    const here = Array.from({ length: 20 }, () => pair.from.open());
    const answers = here.map(hear);
    here.forEach((one, at) => one.write(`question ${at};`, 'latin1'));
    await until('all are open', () => pair.opened.length === 20);
    const questions = pair.opened.map(hear);
    here.forEach((one, at) => one.write(Buffer.from(`more of ${at}`)));
    pair.opened.forEach((one, at) => one.write(Buffer.from(`answer ${at}`)));
    await until('all has come', () => answers.every((answer) => answer.text() !== ''));
    await until('all has come', () => questions.every((question) => /more/.test(question.text())));
    expect(questions.map((question) => question.text())).toEqual(
      here.map((_, at) => `question ${at};more of ${at}`),
    );
    expect(answers.map((answer) => answer.text())).toEqual(here.map((_, at) => `answer ${at}`));
  });

  it('go out in one write for one turn of the event loop', async () => {
    pair = await linkPair();
    const write = vi.spyOn(pair.client, 'write');
    for (let at = 0; at < 30; at++) {
      pair.from.open().write(`${at}`, 'latin1');
      await Promise.resolve();
    }
    await until('all are open', () => pair.opened.length === 30);
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('say what is put together for them in one frame', async () => {
    pair = await linkPair();
    const output = new Output(pair.from.open());
    output.text('head;');
    await new Promise<void>((later) => process.nextTick(later));
    output.text('body');
    await until('it has come', () => pair.opened.length === 1);
    const heard = hear(pair.opened[0] as LinkStream);
    await until('it is read', () => heard.text() === 'head;body');
    // Eight bytes are the head of a frame.
    expect(pair.server.bytesRead).toBe(8 + 'head;body'.length);
  });

  it('have numbers in the order of their first bytes, not of their opening', async () => {
    pair = await linkPair();
    const [late, early] = [pair.from.open(), pair.from.open()];
    early.write('early', 'latin1');
    late.write('late', 'latin1');
    await until('both are open', () => pair.opened.length === 2);
    const texts = pair.opened.map(hear);
    await until('both are read', () => texts.every((text) => text.text() !== ''));
    expect(texts.map((text) => text.text())).toEqual(['early', 'late']);
  });

  it('keep the order of small and large pieces', async () => {
    pair = await linkPair();
    const [here, there] = await stream('first');
    const heard = hear(there);
    const large = bytes(300_000);
    here.write('head', 'latin1');
    here.write(large);
    here.write('tail', 'latin1');
    here.end();
    await until('the end', () => heard.events.includes('end'));
    expect(heard.text()).toBe(`firsthead${large.toString('latin1')}tail`);
  });
});

describe('the end of a stream', () => {
  it('lets the other side answer, and closes when both have ended', async () => {
    pair = await linkPair();
    const [here, there] = await stream();
    const [answer, question] = [hear(here), hear(there)];
    here.end();
    await until('the end', () => question.events.includes('end'));
    expect([answer.events, here.destroyed]).toEqual([[], false]);
    there.write('answer', 'latin1');
    there.end();
    await until('both are closed', () => here.closed && there.closed);
    expect([answer.text(), answer.events, question.events]).toEqual([
      'answer',
      ['end', 'close'],
      ['end', 'close'],
    ]);
    expect([pair.from.size, pair.to.size]).toEqual([0, 0]);
  });

  it('comes behind all that was written, though there was no credit for it', async () => {
    pair = await linkPair();
    const [here, there] = await stream();
    here.write(bytes(5 * INITIAL_CREDIT));
    here.end();
    const heard = hear(there);
    await until('the end', () => heard.events.includes('end'));
    expect(heard.text()).toHaveLength(1 + 5 * INITIAL_CREDIT);
  });

  it('is no end where it is destroyed: the other side sees it close', async () => {
    pair = await linkPair();
    const [here, there] = await stream();
    const [own, other] = [hear(here), hear(there)];
    here.write('last', 'latin1');
    here.destroy();
    await until('both are closed', () => here.closed && there.closed);
    expect([own.events, other.events, other.text()]).toEqual([['close'], ['close'], '.last']);
    expect([pair.from.size, pair.to.size, there.write(Buffer.from('lost'))]).toEqual([0, 0, false]);
  });

  it.each([
    ['ended and reset', 'end'],
    ['reset in the middle', 'cut'],
    ['ended, and its link closed', 'link'],
  ])('does not take away what has come and is not read yet, when it is %s', async (_what, how) => {
    pair = await linkPair();
    const [here, there] = await stream();
    here.pause();
    const heard = hear(here);
    here.pause();
    there.write(bytes(60_000));
    if (how !== 'cut') there.end();
    await until('it has come', () => pair.client.bytesRead > 60_000);
    if (how === 'link') pair.server.end();
    else there.destroy();
    await until('the stream is gone', () => pair.to.size === 0 && pair.from.size === 0);
    expect([heard.length(), here.write(Buffer.from('lost')), here.writableNeedDrain]).toEqual([
      0,
      false,
      false,
    ]);
    here.resume();
    await until('it is closed', () => here.closed);
    expect([heard.text(), heard.events]).toEqual([
      bytes(60_000).toString('latin1'),
      how === 'cut' ? ['close'] : ['end', 'close'],
    ]);
  });

  it('is seen at once by who takes streams: nobody waits for an answer any more', async () => {
    pair = await linkPair();
    const [here, there] = await stream('not read');
    here.destroy();
    await until('it is closed', () => there.closed);
    expect(there.readableEnded).toBe(false);
  });

  it('leaves the others of its link alone, and what still comes for it is passed over', async () => {
    pair = await linkPair();
    const [here, there] = await stream();
    const [other, otherThere] = await stream();
    const heard = hear(other);
    here.destroy();
    there.write('too late', 'latin1');
    there.end();
    otherThere.write('still here', 'latin1');
    await until('the other goes on', () => heard.text() === 'still here');
    expect(pair.closed).toEqual([]);
  });
});

describe('a link', () => {
  /** Goes on for the one stream that it has, and no longer. */
  async function closesWithItsLast(here: LinkStream, there: LinkStream): Promise<void> {
    const heard = hear(here);
    there.write('still answered', 'latin1');
    await until('the answer', () => heard.text() === 'still answered');
    expect(pair.closed).toEqual([]);
    here.destroy();
    await until('both ends are closed', () => pair.closed.length === 2);
  }

  it('that dies closes all its streams without an end, the ones that have said nothing yet too', async () => {
    pair = await linkPair();
    const streams = [...(await stream()), pair.from.open()];
    const heard = streams.map(hear);
    pair.server.resetAndDestroy();
    await until('all are closed', () => streams.every(({ closed }) => closed));
    expect(heard.map(({ events }) => events)).toEqual([['close'], ['close'], ['close']]);
    expect([pair.from.size, pair.from.hasRoom, pair.closed.sort()]).toEqual([0, false, ['from', 'to']]);
  });

  it('that is retired takes no more streams, and closes with the last one', async () => {
    pair = await linkPair();
    const [here, there] = await stream();
    pair.from.retire();
    expect(pair.from.hasRoom).toBe(false);
    await closesWithItsLast(here, there);
  });

  it('that is asked for a sign of life gives one, though no stream says anything', async () => {
    pair = await linkPair();
    pair.from.ping();
    await until('it has come', () => pair.from.reads === 1);
    pair.to.ping();
    await until('the question and the sign have come', () => pair.to.reads === 2);
    expect(pair.closed).toEqual([]);
  });

  it('whose other side asks for no more streams opens none, and closes with the last one', async () => {
    pair = await linkPair();
    const [here, there] = await stream();
    pair.to.goAway();
    await until('it is heard', () => !pair.from.hasRoom);
    await closesWithItsLast(here, there);
  });

  it('that asks for no more streams takes those that were on their way', async () => {
    pair = await linkPair();
    const late = pair.from.open();
    pair.to.goAway();
    await until('it is heard', () => !pair.from.hasRoom);
    late.write('late', 'latin1');
    await until('it is open', () => pair.opened.length === 1);
    const [taken] = pair.opened.map(hear);
    await until('it is read', () => taken?.text() === 'late');
  });

  it('that is retired without streams closes at once', async () => {
    pair = await linkPair();
    pair.from.retire();
    await until('both ends are closed', () => pair.closed.length === 2);
  });

  it('has room for as many streams as a link may have', async () => {
    pair = await linkPair();
    for (let at = 0; at < MAX_STREAMS; at++) {
      expect(pair.from.hasRoom).toBe(true);
      pair.from.open();
    }
    expect(pair.from.hasRoom).toBe(false);
  });

  it('reads nothing more while it is held, and loses nothing', async () => {
    pair = await linkPair();
    const [first, there] = await stream();
    const heard = hear(there);
    pair.to.hold();
    first.write('one;', 'latin1');
    pair.from.open().write('another', 'latin1');
    await until('it has left', () => pair.client.bytesWritten > 30);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([heard.text(), pair.opened.length]).toEqual(['.', 1]);
    pair.to.goOn();
    await until('both have come', () => pair.opened.length === 2);
    expect(heard.text()).toBe('.one;');
  });
});
