// SPDX-License-Identifier: LGPL-2.1-or-later
// Many calls, with the garbage collected in between: it neither crashes nor grows.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

import {assert, assertEqual, isQuick, run} from './harness.js';

const N_CALLS = isQuick ? 2000 : 20000;
const BATCH = 100;
// What a leaked call would take at least, of the memory it may grow by.
const LEAK = 512;

// In bytes; the heap of JavaScript shrinks only some collections later.
function getMemory() {
    for (let i = 0; i < 4; i++)
        System.gc();
    const [, status] = GLib.file_get_contents('/proc/self/status');
    return 1024 * Number(new TextDecoder().decode(status).match(/VmRSS:\s+(\d+)/)[1]);
}

async function call(n, make) {
    for (let i = 0; i < n; i += BATCH) {
        await Promise.all(Array.from({length: BATCH}, make));
        System.gc();
    }
}

// The first calls fill pools and caches, and a thread that comes late has a heap of
// its own; but what leaks, leaks each time.
async function soak(make) {
    let grown;
    await call(N_CALLS / 4, make);
    for (let round = 0; round < 4; round++) {
        const before = getMemory();
        await call(N_CALLS, make);
        grown = getMemory() - before;
        print(`# ${N_CALLS} calls: ${grown} bytes more`);
        if (grown < N_CALLS * LEAK)
            return;
    }
    assert(false, `${N_CALLS} calls, and ${grown} bytes more`);
}

const file = Gio.File.new_for_path('/');

const tests = {
    async 'calls of one thimble'() {
        const thimble = new Thr.Thimble(file);
        let n = 0;
        thimble.connect('notify::nothing', () => n++);
        await soak(() => thimble.query_info('standard::type', Gio.FileQueryInfoFlags.NONE, null));
        assertEqual(n, 0);
    },

    async 'a thimble each'() {
        const manager = new Thr.ThreadManager();
        await soak(() => new Thr.Thimble(file, {manager}).get_uri());
    },

    async 'calls that fail'() {
        const thimble = new Thr.Thimble(file.get_child('thr-nothing'));
        await soak(() => thimble.load_contents(null).then(() => assert(false, 'loaded'), () => {}));
    },

    async 'jobs in JavaScript'() {
        const manager = new Thr.ThreadManager();
        await soak(() => manager.do_async(function* (thread) {
            thread.set_status({some: 'status'});
            yield;
            return {a: 'result'};
        }).wait_async());
        await soak(() => manager.do_async(async () => [1, 2, 3]).wait_async());
    },
};

run(tests);
