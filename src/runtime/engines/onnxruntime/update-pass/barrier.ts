import { type Code, I32 } from './encoder.js';

/**
 * Where two threads wait for each other, as instructions over two numbers in the shared memory: a counter that each of them raises when it comes, and how
 * many sleep. The second to come makes the counter even, and both go on. A thread that waits asks again and again for a while, since a
 * thread that sleeps is back only after what the whole update takes; then it sleeps, since on a machine that others use, too, the other thread may not run for long.
 */
export function emitBarrier(
  code: Code,
  { counter, sleepers }: { readonly counter: number; readonly sleepers: number },
): void {
  const ticket = code.local(I32);
  const left = code.local(I32);
  /** Is the counter still below the even number after the ticket? */
  const isOpen = () =>
    code.i32(0).atomic('i32.atomic.load', counter).get(ticket).i32(2).op('i32.add').op('i32.sub').i32(0).op('i32.lt_s');

  code.i32(0).i32(1).atomic('i32.atomic.rmw.add', counter).set(ticket);
  code.get(ticket).i32(1).op('i32.and').if();
  code.i32(0).atomic('i32.atomic.load', sleepers).if();
  code.i32(0).i32(1).atomic('memory.atomic.notify', counter).op('drop');
  code.end().else();
  code.i32(SPINS).set(left).loop();
  code.get(left).i32(1).op('i32.sub').tee(left).i32(0).op('i32.lt_s').op('i32.eqz');
  isOpen().op('i32.and').repeatIf().end();
  code.loop();
  isOpen().if();
  code.i32(0).i32(1).atomic('i32.atomic.rmw.add', sleepers).op('drop');
  code.i32(0).get(ticket).i32(1).op('i32.add').forever().atomic('memory.atomic.wait32', counter).op('drop');
  code.i32(0).i32(1).atomic('i32.atomic.rmw.sub', sleepers).op('drop');
  code.i32(1).repeatIf(1).end().end();
  code.end();
}

/** How often a thread asks before it sleeps: some 50 µs. */
const SPINS = 1 << 15;
