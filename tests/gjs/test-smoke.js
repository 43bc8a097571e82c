// SPDX-License-Identifier: LGPL-2.1-or-later
// The library as JavaScript sees it with nothing but its introspection data.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

const SECONDS = 1000 * 1000;
const State = Thr.ExecutionState;

Gio._promisify(Thr.ThreadWrapper.prototype, 'wait_async', 'wait_finish');
Gio._promisify(Thr.ThreadManager.prototype, 'shutdown_async', 'shutdown_finish');
Gio._promisify(Thr.ThreadManager.prototype, 'wait_idle_async', 'wait_idle_finish');

function assertEqual(got, wanted) {
    const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (a !== b)
        throw new Error(`got ${a}, wanted ${b}`);
}

function assertThrows(code, func) {
    try {
        func();
    } catch (e) {
        if (!(e instanceof GLib.Error) || !e.matches(Thr.Error, code))
            throw e;
        return e;
    }
    throw new Error('nothing was thrown');
}

function record(thread) {
    const states = [];
    thread.connect('notify::execution-state', () => states.push(thread.execution_state));
    return states;
}

function countTo(last) {
    let i = 0;
    return thread => {
        thread.set_progress(++i / last);
        if (i < last)
            return GLib.SOURCE_CONTINUE;
        thread.return_value(i);
        return GLib.SOURCE_REMOVE;
    };
}

const tests = {
    async 'a sliced job'(manager) {
        const thread = manager.do_sliced('count', countTo(100));
        const states = record(thread);
        const progress = [];
        thread.connect('notify::progress', () => progress.push(thread.progress));
        const results = [];
        thread.set_on_success((_thread, result) => results.push(result));

        assertEqual(await thread.wait_async(null), 100);
        await manager.wait_idle_async(null);
        assertEqual(states, [State.RUNNING, State.RETURNED, State.FINISHING, State.CLOSED]);
        assertEqual(results, [100]);
        assertEqual(progress.at(-1), 1);
        assertEqual(thread.finished_with, State.RETURNED);
    },

    async 'a manual job'(manager) {
        const thread = manager.do_manual('by hand');
        assertEqual(thread.execution_state, State.RUNNING);
        const states = record(thread);
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            thread.return_value('handed over');
            return GLib.SOURCE_REMOVE;
        });
        assertEqual(await thread.wait_async(null), 'handed over');
        await manager.wait_idle_async(null);
        assertEqual(states, [State.RUNNING, State.RETURNED, State.FINISHING, State.CLOSED]);
        assertEqual(thread.get_result(), 'handed over');
    },

    async 'properties'(manager) {
        const thread = manager.do_manual('properties');
        assertEqual(/^thr-\d+$/.test(thread.ident), true);
        assertEqual(thread.name, 'properties');
        assertEqual(thread.progress, -1);
        assertEqual(thread.message, null);
        assertEqual(thread.status, null);

        thread.set_progress(0.25);
        thread.message = 'a quarter';
        thread.set_status('warm');
        assertEqual(thread.progress, 0.25);
        assertEqual(thread.get_status(), [true, 'warm']);
        assertEqual(manager.n_running, 1);
        assertEqual(manager.busy, true);
        thread.return_value(true);
        await manager.wait_idle_async(null);
        assertEqual(manager.busy, false);
        assertEqual(thread.result, true);
    },

    async 'errors'(manager) {
        const e = assertThrows(Thr.Error.NO_THREADS_FOUND, () => manager.run());
        assertEqual(e.message.length > 0, true);
        assertThrows(Thr.Error.INVALID_ARGUMENT, () => manager.set_thread_limit(0));

        const thread = manager.do_manual('waiting');
        assertThrows(Thr.Error.INVALID_ARGUMENT, () => thread.join(-1, null));
        assertThrows(Thr.Error.WOULD_DEADLOCK, () => thread.join(SECONDS, null));
        thread.return_value(true);
        assertThrows(Thr.Error.INVALID_STATE, () => thread.return_value(false));
        await manager.wait_idle_async(null);
    },

    async 'a job that fails'(manager) {
        const thread = manager.do_sliced('failing', () => {
            throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'no such thing');
        });
        const heard = [];
        thread.set_on_fail((_thread, error) => heard.push(error.message));
        thread.connect('failed', (_thread, error) => heard.push(error.message));
        let caught = null;
        try {
            await thread.wait_async(null);
        } catch (e) {
            caught = e;
        }
        await manager.wait_idle_async(null);
        assertEqual(caught.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND), true);
        assertEqual(heard, ['no such thing', 'no such thing']);
    },

    async 'cancel'(manager) {
        const thread = manager.do_sliced('endless', () => GLib.SOURCE_CONTINUE);
        const states = record(thread);
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            thread.cancel();
            return GLib.SOURCE_REMOVE;
        });
        let caught = null;
        try {
            await thread.wait_async(null);
        } catch (e) {
            caught = e;
        }
        await manager.wait_idle_async(null);
        assertEqual(caught.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), true);
        assertEqual(states, [State.RUNNING, State.EXCEPTION, State.FINISHING, State.CLOSED]);
    },

    async 'the list model'(manager) {
        assertEqual(manager instanceof Gio.ListModel, true);
        manager.keep_finished = 1;
        assertEqual(manager.get_n_items(), 0);
        const first = manager.do_sliced('first', countTo(3));
        const second = manager.do_sliced('second', countTo(3));
        await manager.wait_idle_async(null);
        assertEqual(manager.get_n_items(), 1);
        assertEqual(manager.get_item(0) === second, true);
        assertEqual(manager.dup_jobs().map(job => job.name), ['second']);
        assertEqual(manager.lookup(second.ident) === second, true);
        assertEqual(manager.lookup(first.ident), null);
    },

    async 'join without the loop'(manager) {
        const thread = manager.do_sliced('joined', countTo(10));
        assertEqual(thread.join(30 * SECONDS, null), true);
        assertEqual(thread.execution_state, State.CLOSED);
        assertEqual(thread.get_result(), 10);
        assertEqual(Number.isSafeInteger(Thr.FOREVER), true);
    },

    async 'shutdown'(manager) {
        const thread = manager.do_manual('never done');
        assertEqual(await manager.shutdown_async(Thr.ShutdownMode.CANCEL, 30 * SECONDS, null), true);
        assertEqual(thread.get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), true);
        assertEqual(manager.started, false);
    },
};

const loop = new GLib.MainLoop(null, false);
let failures = 0;

async function runAll() {
    for (const [name, test] of Object.entries(tests)) {
        try {
            await test(new Thr.ThreadManager());
            print(`ok - ${name}`);
        } catch (e) {
            failures++;
            print(`not ok - ${name}: ${e.message}\n${e.stack}`);
        }
        System.gc();
    }
    loop.quit();
}

runAll();
GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, 100, () => {
    failures++;
    print('not ok - a test did not end in time');
    loop.quit();
    return GLib.SOURCE_REMOVE;
});
loop.run();
System.exit(failures === 0 ? 0 : 1);
