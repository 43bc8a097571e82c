// SPDX-License-Identifier: LGPL-2.1-or-later
// JavaScript as jobs: generators in slices, and async functions.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

import {
    assert, assertEqual, assertError, assertMatch, catchError, catchRejection, collectReports, collectWarnings, REDRAW,
    run, SECONDS, until, wakeUp,
} from './harness.js';

const State = Thr.ExecutionState;
const cancelled = error => assertError(error, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);

function record(thread) {
    const states = [];
    thread.connect('notify::execution-state', () => states.push(thread.execution_state));
    return states;
}

function* count(thread, last = 100) {
    let sum = 0;
    for (let i = 1; i <= last; i++) {
        sum += i;
        thread.set_progress(i / last);
        yield;
    }
    return sum;
}

function* forever() {
    while (true)
        yield;
}

const tests = {
    async 'a generator is a sliced job'() {
        const manager = new Thr.ThreadManager();
        const heard = [];
        const thread = manager.do_async(count, {
            onSuccess: (job, result) => heard.push(job.name, result),
            onFail: () => heard.push('fail'),
            onEnd: job => heard.push(job.name),
            name: 'counting',
            priority: 5,
        });
        const states = record(thread);
        const progress = [];
        thread.connect('notify::progress', () => progress.push(thread.progress));
        assert(thread instanceof Thr.ThreadWrapper, 'no job');
        assertEqual([thread.name, thread.priority], ['counting', 5]);
        assertEqual(await thread.wait_async(), 5050);
        assertEqual(heard, ['counting', 5050, 'counting']);
        assertEqual(states, [State.RUNNING, State.RETURNED, State.FINISHING, State.CLOSED]);
        assertEqual(progress.at(-1), 1);
        assertEqual([thread.result, thread.get_result()], [5050, 5050]);
    },

    async 'an async function is a manual job'() {
        const manager = new Thr.ThreadManager();
        const heard = [];
        const thread = manager.do_async(async function work(job) {
            job.set_progress(0.5);
            await wakeUp();
            return 'done';
        }, {onSuccess: (_job, result) => heard.push(result), onEnd: () => heard.push('end')});
        const states = record(thread);
        assertEqual([thread.name, thread.execution_state], ['work', State.RUNNING]);
        assertEqual(await thread.wait_async(), 'done');
        assertEqual(heard, ['done', 'end']);
        assertEqual(states, [State.RUNNING, State.RETURNED, State.FINISHING, State.CLOSED]);
        assertEqual(thread.progress, 0.5);
    },

    async 'in the order of C, and in the list'() {
        const manager = new Thr.ThreadManager({'keep-finished': 2});
        const changes = [];
        manager.connect('items-changed', (_manager, position, removed, added) => changes.push([removed, added]));
        assertEqual(manager.get_n_items(), 0);
        const sliced = manager.do_async('one', count);
        const manual = manager.do_async('two', async () => 2, {onEnd: () => {}});
        assertEqual(manager.busy, true);
        await until(() => manager.get_n_items() === 2);
        assertEqual([manager.get_item(0) === sliced, manager.get_item(1) === manual], [true, true]);
        assert(manager.lookup(manual.ident) === manual, 'not found');
        await manager.wait_idle_async();
        assertEqual([manager.get_n_items(), manager.busy, changes.length > 0], [2, false, true]);
    },

    async 'results of any kind, kept whatever is collected'() {
        const manager = new Thr.ThreadManager();
        for (const result of [undefined, null, 'text', 0.5, true, {a: [1]}, [1, 'two'], 2n ** 63n, new Map(),
            new Uint8Array([1]), () => 5, Gio.File.new_for_path('/')]) {
            for (const func of [function* () {
                yield;
                return result;
            }, async () => result]) {
                let heard;
                const thread = manager.do_async(func, {onSuccess: (_job, value) => (heard = value)});
                const got = await thread.wait_async();
                System.gc();
                const wanted = result ?? null;
                assert([got, heard, thread.result, thread.get_result()].every(value => value === wanted),
                    `${got} and not ${wanted}`);
            }
        }
    },

    async 'the main loop goes on'() {
        const manager = new Thr.ThreadManager();
        let ticks = 0;
        const source = GLib.timeout_add(REDRAW, 1, () => {
            ticks++;
            return GLib.SOURCE_CONTINUE;
        });
        const until_ = GLib.get_monotonic_time() + 0.2 * SECONDS;
        const thread = manager.do_async(function* () {
            while (GLib.get_monotonic_time() < until_)
                yield;
        });
        await thread.wait_async();
        GLib.source_remove(source);
        assert(ticks >= 10, `only ${ticks} ticks`);
    },

    async 'pause and resume'() {
        const manager = new Thr.ThreadManager();
        let steps = 0;
        const thread = manager.do_async(function* () {
            while (steps < 1000000) {
                steps++;
                yield;
            }
        });
        await until(() => steps > 0);
        thread.pause();
        await wakeUp();
        const before = steps;
        for (let i = 0; i < 20; i++)
            await wakeUp();
        assertEqual([steps - before, thread.paused], [0, true]);
        thread.resume();
        await until(() => steps > before);
        thread.cancel();
        cancelled(await catchRejection(thread.wait_async()));
    },

    async 'an async function pauses where it says'() {
        const manager = new Thr.ThreadManager();
        let turns = 0;
        const thread = manager.do_async(async job => {
            for (; turns < 1000000; turns++) {
                await job.checkpoint_async();
                await wakeUp();
            }
        });
        await until(() => turns > 2);
        thread.pause();
        await wakeUp();
        await wakeUp();
        const before = turns;
        for (let i = 0; i < 20; i++)
            await wakeUp();
        assertEqual(turns, before);
        thread.resume();
        await until(() => turns > before);
        // A cancelled one is thrown out of the pause.
        thread.pause();
        await wakeUp();
        thread.cancel();
        cancelled(await catchRejection(thread.wait_async()));
        const after = turns;
        await wakeUp();
        await wakeUp();
        assert(turns <= after + 1, 'went on');
    },

    async 'cancel lets the generator clean up'() {
        const manager = new Thr.ThreadManager();
        const seen = [];
        const thread = manager.do_async(function* () {
            try {
                while (true)
                    yield;
            } catch (error) {
                cancelled(error);
                seen.push('caught');
                throw error;
            } finally {
                seen.push('finally');
            }
        }, {onFail: (_job, error) => seen.push(cancelled(error).message.length > 0), onEnd: () => seen.push('end')});
        await until(() => thread.execution_state === State.RUNNING);
        await wakeUp();
        thread.cancel();
        cancelled(await catchRejection(thread.wait_async()));
        assertEqual(seen, ['caught', 'finally', true, 'end']);

        const early = manager.do_async(function* () {
            seen.push('never');
            yield;
        });
        early.cancel();
        cancelled(await catchRejection(early.wait_async()));
        const halted = manager.do_async(forever);
        await wakeUp();
        halted.halt();
        assertError(await catchRejection(halted.wait_async()), Thr.Error, Thr.Error.HALTED);
        assertEqual(seen.length, 4);
    },

    async 'cancel reaches what an async function awaits'() {
        const manager = new Thr.ThreadManager();
        const cancellable = [];
        const thread = manager.do_async(async job => {
            cancellable.push(job.cancellable);
            const file = new Thr.Thimble(Gio.File.new_for_path('/'));
            while (true)
                await file.query_info('*', 0, job.cancellable);
        });
        assert(cancellable[0] === thread.get_cancellable(), 'another cancellable');
        await wakeUp();
        // What it throws of that is no news.
        assertEqual(await collectWarnings(async () => {
            thread.cancel();
            cancelled(await catchRejection(thread.wait_async()));
            for (let i = 0; i < 50; i++)
                await wakeUp();
        }), []);
    },

    async 'wrong options begin nothing'() {
        const manager = new Thr.ThreadManager({'keep-finished': 10});
        let called = false;
        for (const options of [{onSuccess: 5}, {onFail: 'no'}, {onEnd: {}}, {onEnd: Object.create(null)},
            {priority: 'high'}, {priority: NaN}, {priority: 0.5}, {priority: 2 ** 31}, {priority: Symbol('high')}]) {
            const [name] = Object.keys(options);
            for (const func of [async () => (called = true), function* () {
                yield;
                called = true;
            }])
                assertMatch(catchError(() => manager.do_async(func, options)).message, new RegExp(`^do_async\\(\\), ${name}`));
        }
        const thread = manager.do_async(async () => {});
        for (const name of ['set_on_success', 'set_on_fail'])
            assertMatch(catchError(() => thread[name](5)).message, new RegExp(`^${name}\\(\\) takes a function`));
        await thread.wait_async();
        assertEqual([called, manager.get_n_items()], [false, 1]);
    },

    async 'an async function that ends itself and runs the main loop'() {
        const manager = new Thr.ThreadManager();
        const heard = [];
        // It is over, with all its callbacks, when its function goes on.
        const thread = manager.do_async(async job => {
            job.return_value(5);
            const late = GLib.get_monotonic_time() + 30 * SECONDS;
            while (job.execution_state !== State.CLOSED && GLib.get_monotonic_time() < late)
                GLib.MainContext.default().iteration(false);
            heard.push('gone on');
        }, {onSuccess: (_job, result) => heard.push(result), onEnd: () => heard.push('end')});
        assertEqual(heard, [5, 'end', 'gone on']);
        assertEqual(await thread.wait_async(), 5);
    },

    async 'the last result counts'() {
        const manager = new Thr.ThreadManager();
        for (const [values, returned, wanted] of [[[3], undefined, 3], [[{a: 1}], undefined, {a: 1}],
            [[{a: 1}, 3], undefined, 3], [[{a: 1}], 3, 3], [[3], null, null], [[], 'a\0b', 'a\0b']]) {
            const thread = manager.do_async(function* (job) {
                for (const value of values)
                    job.return_value(value);
                yield;
                return returned;
            });
            assertEqual(await thread.wait_async(), wanted);
            assertEqual(thread.result, wanted);
        }
        // None where it fails after all.
        const thread = manager.do_async(function* (job) {
            yield job.return_value({a: 1});
            throw new Error('after all');
        });
        await catchRejection(thread.wait_async());
        assertEqual(thread.result, null);
    },

    async 'paused, and ended by others'() {
        const manager = new Thr.ThreadManager();
        let went = 0;
        const work = async job => {
            job.pause();
            await job.checkpoint_async();
            went++;
            await job.checkpoint_async();
            went++;
        };
        const thread = manager.do_async(work);
        await wakeUp();
        assertEqual(went, 0);
        thread.return_value('given');
        assertEqual(await thread.wait_async(), 'given');
        await until(() => went === 2);
    },

    async 'what is thrown'() {
        const manager = new Thr.ThreadManager();
        for (const make of [thrown => function* () {
            yield;
            throw thrown;
        }, thrown => async () => {
            await wakeUp();
            throw thrown;
        }, thrown => async () => {
            throw thrown;
        }]) {
            const missing = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'no such thing');
            let heard;
            const onFail = (_job, error) => (heard = error);
            let error = await catchRejection(manager.do_async(make(missing), {onFail}).wait_async());
            assertError(error, Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);
            assertEqual([error.message, heard.message], ['no such thing', 'no such thing']);

            const wrong = new TypeError('wrong type');
            error = await catchRejection(manager.do_async(make(wrong), {onFail}).wait_async());
            assertError(error, Thr.Error, Thr.Error.FAILED);
            assertMatch(error.message, /^TypeError: wrong type \(test-jobs\.js:\d+\)$/);
            assert(error.cause === wrong && heard.cause === wrong, 'no cause');

            error = await catchRejection(manager.do_async(make('a text')).wait_async());
            assertEqual([assertError(error, Thr.Error, Thr.Error.FAILED).message, error.cause],
                ['a text', 'a text']);

            // What cannot be written as a text ends a job all the same.
            const [symbol, bare] = [Symbol('sign'), Object.create(null)];
            for (const [thrown, text] of [[symbol, 'Symbol(sign)'], [bare, 'an object without a text']]) {
                let ended = false;
                const thread = manager.do_async(make(thrown), {onEnd: () => (ended = true)});
                error = assertError(await catchRejection(thread.wait_async()), Thr.Error, Thr.Error.FAILED);
                assertEqual([error.message, ended], [text, true]);
                assert(error.cause === thrown, 'no cause');
            }
        }
        // Nor does an exception whose place is none keep it from its end.
        for (const fileName of [5, {}, Symbol('file')]) {
            const odd = Object.assign(new Error('odd'), {fileName});
            for (const func of [async () => {
                throw odd;
            }, function* () { // eslint-disable-line require-yield
                throw odd;
            }]) {
                const error = await catchRejection(manager.do_async(func).wait_async());
                assertEqual(assertError(error, Thr.Error, Thr.Error.FAILED).message, 'Error: odd');
            }
        }
        // Nobody there: the manager reports it.
        const reported = [];
        manager.connect('unhandled-error', (_manager, job, error) => reported.push(job.name, error.message));
        for (let i = 0; i < 5; i++) {
            manager.do_async(function* lonely() {
                throw new Error('unheard');
            });
        }
        await manager.wait_idle_async();
        // It is reported when the job is collected, and the engine may hold on to the
        // last one.
        await until(() => System.gc() || reported.length > 0);
        assertEqual(manager.busy, false); // with its handler, it was here all the time
        assertEqual(reported[0], 'lonely');
        assertMatch(reported[1], /^Error: unheard/);
    },

    async 'callbacks and handlers that throw'() {
        const manager = new Thr.ThreadManager();
        const nameOf = state => Object.keys(State).find(name => State[name] === state);
        const listen = (thread, hear) => {
            for (const signal of ['succeeded', 'failed', 'ended'])
                thread.connect(signal, () => hear(signal));
            thread.connect('notify::progress', () => hear('progress'));
            thread.connect('notify::execution-state', () => hear(nameOf(thread.execution_state)));
        };
        const finish = failure => {
            if (failure !== null)
                throw failure;
            return 5;
        };
        for (const [failure, end, callback, signal] of [[null, 'RETURNED', 'onSuccess', 'succeeded'],
            [new Error('of the job'), 'EXCEPTION', 'onFail', 'failed']]) {
            for (const func of [function* (job) {
                job.set_progress(1);
                yield;
                return finish(failure);
            }, async job => {
                job.set_progress(1);
                await wakeUp();
                return finish(failure);
            }]) {
                const [heard, heardAfter] = [[], []];
                const hearAndThrow = what => {
                    heard.push(what);
                    throw new Error(`from ${what}`);
                };
                let thread;
                const reports = await collectReports(async () => {
                    thread = manager.do_async(func, Object.fromEntries(['onSuccess', 'onFail', 'onEnd'].map(
                        name => [name, () => hearAndThrow(name)])));
                    listen(thread, hearAndThrow);
                    // These come after them.
                    listen(thread, what => heardAfter.push(what));
                    await until(() => heardAfter.includes('CLOSED'));
                });
                const signals = ['RUNNING', 'progress', end, signal, 'FINISHING', 'ended', 'CLOSED'];
                assertEqual(heardAfter, signals);
                assertEqual(heard, signals.flatMap(
                    what => ({[signal]: [callback, signal], ended: ['onEnd', 'ended']})[what] ?? [what]));
                assertEqual(reports.map(text => text.split('\n')[0]), heard.map(what => `JS ERROR: Error: from ${what}`));

                // It ended as its function did.
                assertEqual([thread.execution_state, thread.result], [State.CLOSED, failure === null ? 5 : null]);
                if (failure === null)
                    assertEqual(await thread.wait_async(), 5);
                else
                    assert((await catchRejection(thread.wait_async())).cause === failure, 'another error');
            }
        }
        await manager.wait_idle_async();
    },

    async 'a step that takes long is told of'() {
        const manager = new Thr.ThreadManager();
        const warnings = await collectWarnings(async () => {
            const thread = manager.do_async(function* () {
                for (let i = 0; i < 2; i++) {
                    const end = GLib.get_monotonic_time() + 0.12 * SECONDS;
                    while (GLib.get_monotonic_time() < end);
                    yield;
                }
            }, {name: 'sluggish'});
            await thread.wait_async();
        });
        assertEqual(warnings.length, 1);
        assertMatch(warnings[0], /“sluggish”.*\d+ ms.*yield more often/);
    },

    async 'a yield after the end'() {
        const manager = new Thr.ThreadManager();
        const seen = [];
        let steps = 0;
        const warnings = await collectWarnings(async () => {
            const thread = manager.do_async(function* () {
                try {
                    while (true) {
                        steps++;
                        yield;
                    }
                } finally {
                    seen.push('before');
                    yield;
                    seen.push('after');
                }
            }, {name: 'stubborn'});
            await until(() => steps > 0);
            thread.cancel();
            cancelled(await catchRejection(thread.wait_async()));
        });
        assertEqual(warnings.length, 1);
        assertMatch(warnings[0], /“stubborn”.*yielded after it had ended/);
        assertEqual(seen[0], 'before');
    },

    async 'what is thrown after the end is told of'() {
        const manager = new Thr.ThreadManager();
        let steps = 0;
        const warnings = await collectWarnings(async () => {
            const late = manager.do_async(async function late(job) {
                await catchRejection(job.wait_async());
                throw new Error('too late');
            });
            const cleaning = manager.do_async(function* cleaning() {
                try {
                    while (true) {
                        steps++;
                        yield;
                    }
                } finally {
                    // eslint-disable-next-line no-unsafe-finally
                    throw new Error('while cleaning');
                }
            });
            await until(() => steps > 0);
            late.cancel();
            cleaning.cancel();
            cancelled(await catchRejection(late.wait_async()));
            cancelled(await catchRejection(cleaning.wait_async()));
            await wakeUp();
        });
        assertEqual(warnings.length, 2);
        assert(warnings.some(text => /“late”.*too late/.test(text)), warnings.join());
        assert(warnings.some(text => /“cleaning”.*while cleaning/.test(text)), warnings.join());
    },

    async 'a generator cannot wait'() {
        const manager = new Thr.ThreadManager();
        let cleaned = false;
        const error = await catchRejection(manager.do_async(function* () {
            try {
                yield Promise.resolve(5);
            } finally {
                cleaned = true;
            }
        }).wait_async());
        assertEqual(cleaned, true);
        assertError(error, Thr.Error, Thr.Error.FAILED);
        assertMatch(error.message, /async function/);

        // Nor at its end, where the result would be the promise, and awaited its value.
        const thread = manager.do_async(function* () {
            yield;
            return Promise.resolve(5);
        });
        assertMatch((await catchRejection(thread.wait_async())).message, /async function/);
        assertEqual(thread.result, null);
    },

    async 'a promise is no result'() {
        const manager = new Thr.ThreadManager();
        const manual = manager.do_manual('manual');
        assertMatch(catchError(() => manual.return_value(Promise.resolve(5))).message, /await it/);
        manual.return_value(await Promise.resolve(5));
        assertEqual([manual.result, await manual.wait_async()], [5, 5]);

        const thread = manager.do_async(async () => Promise.resolve(6));
        assertEqual([await thread.wait_async(), thread.result], [6, 6]);
    },

    async 'a step that returns a promise'() {
        let n = 0;
        const thread = new Thr.ThreadManager().do_sliced('step', () => {
            // It would go on for ever.
            if (++n === 3)
                thread.cancel();
            return Promise.resolve(false);
        });
        assertMatch((await catchRejection(thread.wait_async())).message, /async function to do_async\(\)/);
        assertEqual(n, 1);
    },

    async 'what is no job'() {
        const manager = new Thr.ThreadManager();
        for (const wrong of [undefined, null, 5, 'name', {}])
            assert(catchError(() => manager.do_async(wrong)) instanceof TypeError, `${wrong}`);
        assertMatch(catchError(() => manager.do_async(count, {onSucess: () => {}})).message, /onSucess/);
        for (const wrong of [count, async () => 5])
            assertMatch(catchError(() => manager.do_sliced('name', wrong)).message, /do_async\(\)/);
        for (const wrong of [undefined, null, 5])
            assertMatch(catchError(() => manager.do_sliced('name', wrong)).message, /do_sliced\(\) takes a function/);
        await manager.wait_idle_async();
        manager.stop();
        let called = false;
        const thread = manager.do_async(async () => (called = true));
        assertError(await catchRejection(thread.wait_async()), Thr.Error, Thr.Error.STOPPED);
        assertError(await catchRejection(manager.do_async(count).wait_async()), Thr.Error, Thr.Error.STOPPED);
        assertEqual(called, false);
    },

    async 'join runs slices, too'() {
        const manager = new Thr.ThreadManager();
        const thread = manager.do_async(count);
        assertEqual(thread.join(30 * SECONDS, null), true);
        assertEqual(thread.result, 5050);
        assertError(catchError(() => manager.do_async(async () => wakeUp()).join(SECONDS, null)),
            Thr.Error, Thr.Error.WOULD_DEADLOCK);
        await manager.wait_idle_async();
    },

    async 'shutdown'() {
        const manager = new Thr.ThreadManager();
        const thread = manager.do_async(forever);
        await wakeUp();
        assertEqual(await manager.shutdown_async(Thr.ShutdownMode.CANCEL, 30 * SECONDS), true);
        cancelled(await catchRejection(thread.wait_async()));
    },
};

run(tests);
