// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The microseconds that a native call takes in JavaScript, from the call to the
// promise, both ways in turns in one process: gjs.c compares them.
//
// Usage: gjs.js call N_CALLS, or gjs.js frames

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

const FLAGS = Gio.FileQueryInfoFlags.NONE;
const ROUNDS = 9;

const file = Gio.File.new_for_path('/');
const manager = new Thr.ThreadManager();
const thimble = new Thr.Thimble(file, {manager});

const ours = () => thimble.query_info('standard::size', FLAGS, null);

const byHand = () => new Promise((resolve, reject) => {
    file.query_info_async('standard::size', FLAGS, GLib.PRIORITY_DEFAULT, null, (source, result) => {
        try {
            resolve(source.query_info_finish(result));
        } catch (error) {
            reject(error);
        }
    });
});

// One after the other, as `await` has it.
async function measure(call, n) {
    System.gc();
    const begun = GLib.get_monotonic_time();
    for (let i = 0; i < n; i++)
        await call();
    return (GLib.get_monotonic_time() - begun) / n;
}

function median(figures) {
    return figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)];
}

async function compareCalls(n) {
    const figures = [ours, byHand].map(call => ({call, rounds: []}));

    for (let round = 0; round < ROUNDS; round++) {
        for (const {call, rounds} of figures)
            rounds.push(await measure(call, n));
    }
    print(figures.map(({rounds}) => median(rounds)).join(' '));
}

const loop = new GLib.MainLoop(null, false);
let status = 0;
compareCalls(Number(ARGV[1])).catch(error => {
    printerr(`${error}\n${error.stack}`);
    status = 1;
}).finally(() => loop.quit());
loop.run();
System.exit(status);
