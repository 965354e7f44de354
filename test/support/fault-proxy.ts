/**
 * A TCP proxy on the loopback interface whose wire goes wrong on request. Faults are read when bytes pass, so that switching them on
 * also hits connections that are already open. What a fault leaves over arrives unchanged and in order.
 */
import { createServer, connect, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

/** `toOrigin` is what the caller sends, `toCaller` what comes back. */
type Direction = 'toOrigin' | 'toCaller';

/** Byte counts begin anew on each connection when the fault is set. */
type WireFault = {
  readonly latencyMs?: number;
  readonly bytesPerSecond?: number;
  /** Splits what passes into writes of this size. */
  readonly bytesPerWrite?: number;
  /** Lets so many bytes pass; then the connection is reset, closed, or says nothing more. */
  readonly endAfterBytes?: { readonly byteCount: number; readonly how: 'reset' | 'close' | 'stall' };
  /** Changes bytes on their way, for instance a length in a header. */
  readonly rewrite?: (bytes: Buffer) => Buffer;
  /** Resets at the first bytes that contain the text; they reach the other side all the same when `deliver` is true. */
  readonly cutAt?: { readonly text: string; readonly deliver: boolean };
};

/** What happens to new connections: `silent` accepts and says nothing, `reset` accepts and hangs up. */
type Door = 'open' | 'silent' | 'reset';

export type FaultProxy = {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  setFault(direction: Direction, fault: WireFault): void;
  setDoor(door: Door): void;
  /** Ends all faults. Connections that were stalled are reset, as a network does once it is whole again. */
  heal(): void;
  /** Resets every open connection now. */
  resetAll(): void;
  /** Times that `cutAt` has struck since it was set. */
  cuts(): number;
  openConnections(): number;
  totalConnections(): number;
  stop(): Promise<void>;
};

type Link = { readonly caller: Socket; readonly origin: Socket | null; stalled: boolean };
type State = {
  readonly faults: Record<Direction, WireFault>;
  readonly links: Set<Link>;
  door: Door;
  /** Grows with each change of faults, so that byte counts know to begin anew. */
  generation: number;
  cuts: number;
  total: number;
};

const LOOPBACK = '127.0.0.1';
const SPLIT_WRITES_MAX = 1_000_000;

export async function startFaultProxy(originPort: number): Promise<FaultProxy> {
  const state: State = {
    faults: { toOrigin: {}, toCaller: {} },
    links: new Set(),
    door: 'open',
    generation: 0,
    cuts: 0,
    total: 0,
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => accept(state, caller, originPort));
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const port = portOf(server);
  const change = (faults: Partial<Record<Direction, WireFault>>): void => {
    Object.assign(state.faults, faults);
    state.generation += 1;
  };
  return {
    port,
    origin: `http://${LOOPBACK}:${port}`,
    setFault: (direction, fault) => {
      state.cuts = 0;
      change({ [direction]: fault });
    },
    setDoor: (door) => {
      state.door = door;
    },
    heal: () => {
      state.door = 'open';
      change({ toOrigin: {}, toCaller: {} });
      for (const link of state.links) if (link.stalled) reset(link);
    },
    resetAll: () => [...state.links].forEach(reset),
    cuts: () => state.cuts,
    openConnections: () => state.links.size,
    totalConnections: () => state.total,
    stop: async () => {
      [...state.links].forEach(reset);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}

function reset({ caller, origin }: Link): void {
  caller.resetAndDestroy();
  origin?.resetAndDestroy();
}

function accept(state: State, caller: Socket, originPort: number): void {
  state.total += 1;
  const origin =
    state.door === 'open' ? connect({ port: originPort, host: LOOPBACK, allowHalfOpen: true, noDelay: true }) : null;
  const link: Link = { caller, origin, stalled: origin === null };
  state.links.add(link);
  for (const socket of [caller, origin]) {
    // A socket that fails takes the other with it; the failure itself is what the caller is to see.
    socket?.on('error', () => reset(link));
    socket?.once('close', () => {
      if (caller.destroyed && (origin === null || origin.destroyed)) state.links.delete(link);
    });
  }
  if (state.door === 'reset') return reset(link);
  if (origin === null) return void caller.resume();
  pump(state, link, { direction: 'toOrigin', from: caller, to: origin });
  pump(state, link, { direction: 'toCaller', from: origin, to: caller });
}

type Pipe = { readonly direction: Direction; readonly from: Socket; readonly to: Socket };
type Passed = { generation: number; byteCount: number };

function pump(state: State, link: Link, pipe: Pipe): void {
  const passed: Passed = { generation: state.generation, byteCount: 0 };
  // One piece after the other: the end waits for everything before it.
  let queue: Promise<void> = Promise.resolve();
  pipe.from.on('data', (bytes: Buffer) => {
    pipe.from.pause();
    queue = queue.then(async () => {
      await pass(state, link, { ...pipe, passed, bytes });
      if (!link.stalled) pipe.from.resume();
    });
  });
  pipe.from.once('end', () => {
    queue = queue.then(() => {
      if (!link.stalled && !pipe.to.destroyed) pipe.to.end();
    });
  });
}

async function pass(
  state: State,
  link: Link,
  { direction, to, passed, bytes }: Pipe & { readonly passed: Passed; readonly bytes: Buffer },
): Promise<void> {
  const fault = state.faults[direction];
  if (passed.generation !== state.generation) Object.assign(passed, { generation: state.generation, byteCount: 0 });
  if (fault.latencyMs !== undefined) await delay(fault.latencyMs);
  const { cutAt, endAfterBytes: end } = fault;
  if (cutAt !== undefined && bytes.includes(cutAt.text)) {
    state.cuts += 1;
    link.caller.resetAndDestroy();
    // The origin gets the bytes and an orderly end, so that it does what they say.
    if (cutAt.deliver) to.end(bytes);
    else reset(link);
    return;
  }
  const changed = fault.rewrite?.(bytes) ?? bytes;
  const room = end === undefined ? changed.length : Math.max(0, end.byteCount - passed.byteCount);
  const part = changed.subarray(0, room);
  passed.byteCount += part.length;
  await write(to, part, fault);
  if (end === undefined || room > changed.length) return;
  if (end.how === 'reset') reset(link);
  else if (end.how === 'close') [link.caller, link.origin].forEach((socket) => socket?.end());
  else link.stalled = true;
}

async function write(to: Socket, bytes: Buffer, { bytesPerWrite, bytesPerSecond }: WireFault): Promise<void> {
  const size = bytesPerWrite ?? (bytesPerSecond === undefined ? bytes.length : Math.ceil(bytesPerSecond / 50));
  for (let start = 0, writes = 0; start < bytes.length && writes < SPLIT_WRITES_MAX; start += size, writes += 1) {
    if (to.destroyed) return;
    const piece = bytes.subarray(start, start + size);
    await new Promise<void>((resolve) => to.write(piece, () => resolve()));
    // Others in this process get to read what was written before more is added to it.
    if (bytesPerWrite !== undefined) await nextTurn();
    if (bytesPerSecond !== undefined) await delay((piece.length / bytesPerSecond) * 1_000);
  }
}

/** A rewrite that adds to the length an answer declares, so that it ends too early or is waited for in vain. */
export function shiftContentLength(by: number): (bytes: Buffer) => Buffer {
  return (bytes) =>
    Buffer.from(
      bytes
        .toString('latin1')
        .replace(/^(content-length: )(\d+)/im, (_all, name: string, length: string) => `${name}${Number(length) + by}`),
      'latin1',
    );
}
