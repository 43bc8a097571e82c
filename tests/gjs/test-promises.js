// SPDX-License-Identifier: LGPL-2.1-or-later
// Promises, asynchronous loops, and what is heard on the main loop.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

import {
    assert, assertEqual, assertError, assertMatch, catchError, catchRejection, collectWarnings, run, SECONDS, until,
    wakeUp,
} from './harness.js';

// Published on a background thread: nothing else could have it arrive out of turn.
const publish = (channel, value) => new Thr.Thimble(channel).pub('VALUE', value);

const tests = {
    async 'wait_async and wait_idle_async'() {
        const manager = new Thr.ThreadManager();
        const thread = manager.do_manual('by hand');
        const [promise, idle] = [thread.wait_async(), manager.wait_idle_async()];
        assert(promise instanceof Promise && idle instanceof Promise, 'no promise');
        thread.return_value(5);
        assertEqual([await promise, await idle, await thread.wait_async(null)], [5, true, 5]);

        const cancellable = new Gio.Cancellable();
        const endless = manager.do_manual('endless');
        const waits = [endless.wait_async(cancellable), manager.wait_idle_async(cancellable)];
        cancellable.cancel();
        for (const wait of waits)
            assertError(await catchRejection(wait), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
        endless.return_value(null);
        assertEqual(await endless.wait_async(), null);
    },

    async 'with callbacks as in C, and promisified by hand'() {
        const manager = new Thr.ThreadManager();
        const thread = manager.do_manual('by hand');
        thread.return_value('text');
        const got = await new Promise(resolve => thread.wait_async(null, (source, result) =>
            resolve(source.wait_finish(result))));
        assertEqual(got, 'text');
        Gio._promisify(Thr.ThreadWrapper.prototype, 'wait_async', 'wait_finish');
        assertEqual([await thread.wait_async(null), await thread.wait_async()], ['text', 'text']);
    },

    async 'defers'() {
        const defer = new Thr.Defer();
        const promise = defer.get_async();
        defer.resolve('now');
        assertEqual([await promise, await defer.get_async()], ['now', 'now']);
        const rejected = new Thr.Defer();
        rejected.reject(new GLib.Error(Thr.Error, Thr.Error.BUSY, 'later'));
        assertError(await catchRejection(rejected.get_async()), Thr.Error, Thr.Error.BUSY);
        const abandoned = (() => {
            const dropped = new Thr.Defer();
            const resolver = dropped.dup_resolver();
            assert(resolver.resolve(7), 'not pending');
            return dropped.get_async();
        })();
        assertEqual(await abandoned, 7);
    },

    async 'an async function can return any of them'() {
        for (const object of [new Thr.Defer(), new Thr.Channel(), new Thr.ThreadManager().do_manual('job'),
            new Thr.Thimble(Gio.File.new_for_path('/')), Thr.Worker.main(), new Thr.ThreadManager()]) {
            assertEqual(typeof object.then, 'undefined');
            assert(await (async () => object)() === object, `${object} was unwrapped`);
        }
    },

    async 'statuses of a job'() {
        const manager = new Thr.ThreadManager();
        const seen = [];
        const thread = manager.do_async(async job => {
            for (const status of ['one', 2, {three: 3}, [4], null, 2n ** 60n]) {
                job.status = status;
                const before = seen.length;
                await until(() => seen.length > before);
            }
            return 'done';
        });
        for await (const status of thread.statuses()) {
            seen.push(status);
            System.gc();
        }
        assertEqual(seen, ['one', 2, {three: 3}, [4], null, 2n ** 60n]);
        assertEqual(await thread.wait_async(), 'done');
        assertEqual([thread.status, thread.get_status()], [2n ** 60n, [true, 2n ** 60n]]);
        // One that is over has its last.
        const last = [];
        for await (const status of thread.statuses())
            last.push(status);
        assertEqual(last, [2n ** 60n]);
    },

    async 'statuses of a job that fails, and a loop that is left'() {
        const manager = new Thr.ThreadManager();
        const unhandled = [];
        manager.connect('unhandled-error', (_manager, job) => unhandled.push(job.name));
        const fails = name => manager.do_async(async job => {
            job.set_status(1);
            await wakeUp();
            await wakeUp();
            throw new GLib.Error(Thr.Error, Thr.Error.BUSY, 'busy');
        }, {name});

        const seen = [];
        const error = await catchRejection((async () => {
            for await (const status of fails('heard').statuses())
                seen.push(status);
        })());
        assertError(error, Thr.Error, Thr.Error.BUSY);
        assertEqual(seen, [1]);

        // Who leaves the loop has not taken the failure. It is reported when the job
        // is collected, and the engine may hold on to the last one.
        const leave = async () => {
            for await (const status of fails('left').statuses()) {
                assertEqual(status, 1);
                break;
            }
        };
        for (let i = 0; i < 5; i++)
            await leave();
        await until(() => System.gc() || unhandled.length > 0);
        assertEqual([unhandled[0], manager.busy], ['left', false]);
    },

    async 'a channel'() {
        const channel = new Thr.Channel();
        const seen = [];
        const loop = (async () => {
            for await (const event of channel) {
                assert(event instanceof Thr.Event, 'no event');
                seen.push(event.get_value());
                if (seen.length === 10)
                    break;
            }
        })();
        for (let i = 0; i < 11; i++)
            await publish(channel, i);
        await loop;
        assertEqual(seen, Array.from({length: 10}, (_, i) => i));
        assertEqual(channel.get_n_subscribers(), 0);
    },

    async 'a channel that is faster than its listener'() {
        const channel = new Thr.Channel();
        const all = channel.events();
        const newest = channel.events({overflow: Thr.Overflow.KEEP_LATEST});
        const three = channel.events({overflow: Thr.Overflow.DROP_OLDEST, capacity: 3});
        let last; // heard after the others
        const subscription = channel.subscribe(event => (last = event.get_value()));
        for (let i = 0; i < 100; i++) {
            channel.pub('VALUE', i);
            if (i % 10 === 0)
                await wakeUp();
        }
        await until(() => last === 99);
        subscription.unsubscribe();
        const take = async (events, n) => {
            const values = [];
            for (let i = 0; i < n; i++)
                values.push((await events.next()).value.get_value());
            await events.return();
            return values;
        };
        assertEqual(await take(all, 100), Array.from({length: 100}, (_, i) => i));
        assertEqual(await take(newest, 1), [99]);
        assertEqual(await take(three, 3), [97, 98, 99]);
        assertEqual((await all.next()).done, true);
        assertEqual(channel.get_n_subscribers(), 0);
    },

    async 'subscribe arrives on the main loop'() {
        const channel = new Thr.Channel();
        const heard = [];
        const hear = event => {
            assert(Thr.ThreadWrapper.get_current() === null && Thr.Worker.is_main(), 'elsewhere');
            heard.push(event.get_value());
        };
        const raw = channel.subscribe(Thr.Overflow.BLOCK, 0, hear);
        const short = channel.subscribe(hear);
        await publish(channel, 'x');
        await until(() => heard.length === 2);
        raw.unsubscribe();
        short.unsubscribe();
        assertEqual(heard, ['x', 'x']);
        channel.subscribe(hear, {overflow: Thr.Overflow.KEEP_LATEST}).unsubscribe();
    },

    async 'the worker of the main thread listens'() {
        const main = Thr.Worker.main();
        const heard = [];
        const listener = main.listen('NEWS', (worker, event) => {
            assert(worker === main && Thr.Worker.is_main(), 'elsewhere');
            heard.push(event.get_value());
        });
        main.listen('NEWS', () => heard.push('once'), {once: true, priority: 5});
        Thr.listen('NEWS', async () => heard.push('async'));
        await new Thr.Thimble(main).fire('NEWS', 1);
        await new Thr.Thimble(main).fire('NEWS', 2);
        await until(() => heard.length === 5);
        assertEqual(heard, ['once', 1, 'async', 2, 'async']);
        assertEqual([listener.is_listening(), main.unlisten(listener), main.unlisten(listener)], [true, true, false]);

        // A native worker answers: this one's parent is a native thread's.
        const worker = Thr.Worker.new('silent', null);
        main.listen(Thr.EVENT_EVENT_REJECT, () => heard.push('reject'), {once: true});
        worker.fire('HELLO', null);
        await until(() => heard.includes('reject'));
    },

    async 'what is no function, and no option'() {
        const channel = new Thr.Channel();
        for (const call of [() => channel.subscribe(), () => Thr.listen('X'), () => Thr.Worker.main().listen('X', 5),
            () => channel.subscribe(() => {}, {overlow: 1}), () => Thr.listen('X', () => {}, {onc: true}),
            () => channel.events({capacty: 5})]) {
            const error = catchError(call);
            assert(error instanceof TypeError, `${error}`);
            assertMatch(error.message, /takes a function|knows no option/);
        }
        assertEqual(channel.get_n_subscribers(), 0);
    },

    async 'a listener that fails'() {
        const main = Thr.Worker.main();
        const warnings = await collectWarnings(async () => {
            let called = false;
            main.listen('BAD', async () => {
                called = true;
                throw new Error('bad listener');
            }, {once: true});
            main.fire('BAD', null);
            await until(() => called);
            await wakeUp();
        });
        assertEqual(warnings.length, 1);
        assertMatch(warnings[0], /“BAD” failed: Error: bad listener/);
    },

    async 'what crosses in an event'() {
        const channel = new Thr.Channel();
        for (const wrong of [{a: 1}, undefined, () => 5]) {
            for (const call of [() => channel.pub('X', wrong), () => Thr.Worker.main().fire('X', wrong),
                () => Thr.Event.new('X', wrong), () => new Thr.Defer().resolve(wrong), () => Thr.bubble('X', wrong)]) {
                const error = catchError(call);
                assert(error instanceof TypeError, `${error}`);
                assertMatch(error.message, /\(\): value is /);
            }
        }
        const events = channel.events();
        for (const value of ['text', 1.5, null, true])
            channel.pub('X', value);
        const values = [];
        for (let i = 0; i < 4; i++)
            values.push((await events.next()).value.get_value());
        await events.return();
        assertEqual(values, ['text', 1.5, null, true]);
    },

    async 'a worker of C'() {
        const worker = Thr.Worker.new('quiet', null);
        worker.start();
        assertEqual(worker.is_running(), true);
        worker.stop();
        assertEqual(worker.join(30 * SECONDS), true);
    },
};

run(tests);
