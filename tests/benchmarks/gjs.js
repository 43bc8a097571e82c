// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What gjs.c measures, two ways in one process, in turns.
//
// Usage: gjs.js call|calls N: the microseconds from a native call to its promise,
// one at a time or 100 under way; gjs.js frames SECONDS: the frames a second and
// the longest wait for one, in milliseconds, while a generator computes.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

const FLAGS = Gio.FileQueryInfoFlags.NONE;
const ROUNDS = 15;
const UNDER_WAY = 100;
const REDRAW = 120; // the priority that GTK draws at
const FRAME = 1000 / 60;
const BATCH = 1000; // microseconds of computing

const file = Gio.File.new_for_path('/');
const thimble = new Thr.Thimble(file, {manager: new Thr.ThreadManager()});

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

async function callInTurn(call, n) {
    for (let i = 0; i < n; i++)
        await call();
}

async function callMany(call, n) {
    for (let i = 0; i < n; i += UNDER_WAY)
        await Promise.all(Array.from({length: UNDER_WAY}, call));
}

const median = figures => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)];

async function compare(run, n) {
    const figures = new Map([[ours, []], [byHand, []]]);

    for (let round = 0; round < ROUNDS; round++) {
        for (const [call, rounds] of figures) {
            System.gc();
            const begun = GLib.get_monotonic_time();
            await run(call, n);
            rounds.push((GLib.get_monotonic_time() - begun) / n);
        }
    }
    return [...figures.values()].map(median);
}

function compute(until) {
    let sum = 0;
    while (GLib.get_monotonic_time() < until)
        sum += Math.sqrt(sum);
    return sum;
}

// The least that a program would do.
function computeWhenIdle(end) {
    return new Promise(resolve => {
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            const now = GLib.get_monotonic_time();
            compute(now + BATCH);
            if (now < end)
                return GLib.SOURCE_CONTINUE;
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

function computeInSlices(end) {
    return Thr.ThreadManager.get_default().do_async(function* () {
        for (let now; (now = GLib.get_monotonic_time()) < end;) {
            compute(now + BATCH);
            yield;
        }
    }).wait_async();
}

async function countFrames(work, seconds) {
    const begun = GLib.get_monotonic_time();
    let nFrames = 0, longest = 0, last = begun;
    const see = () => {
        const now = GLib.get_monotonic_time();
        longest = Math.max(longest, now - last);
        last = now;
    };
    const clock = GLib.timeout_add(REDRAW, FRAME, () => {
        see();
        nFrames++;
        return GLib.SOURCE_CONTINUE;
    });
    await work(begun + seconds * 1e6);
    see();
    GLib.source_remove(clock);
    return [nFrames * 1e6 / (last - begun), longest / 1000];
}

async function measureFrames(seconds) {
    const sliced = await countFrames(computeInSlices, seconds);
    return [...sliced, ...await countFrames(computeWhenIdle, seconds)];
}

const MEASURES = {
    call: n => compare(callInTurn, n),
    calls: n => compare(callMany, n),
    frames: measureFrames,
};

const loop = new GLib.MainLoop(null, false);
let status = 1;
MEASURES[ARGV[0]](Number(ARGV[1])).then(figures => {
    print(figures.join(' '));
    status = 0;
}, logError).finally(() => loop.quit());
loop.run();
System.exit(status);
