#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// sliced-search.js [WORD] [MEGABYTES]: searches a big text in JavaScript, while a
// clock goes on ticking: the search is a generator, which yields after each piece.

import GLib from 'gi://GLib';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

const [word = 'needle', megabytes = '20'] = ARGV;
// In characters: so much is searched in a millisecond or so.
const PIECE = 16 * 1024;
const TICK = 20; // milliseconds
const REDRAW = 120; // the priority that GTK draws at

function makeText() {
    const line = 'All that is straw in this haystack is straw, and of the rest we do not speak.\n';
    const n = Math.ceil(Number(megabytes) * 1024 * 1024 / line.length);
    const lines = new Array(n).fill(line);
    for (let i = 0; i < n; i += 10007)
        lines[i] = `Here is a ${word}.\n`;
    return lines.join('');
}

function* search(thread, text) {
    // Any word that begins so, however it is written.
    const pattern = new RegExp(`\\b${word}\\w*`, 'giu');
    let nFound = 0;

    for (let at = 0, end; at < text.length; at = end) {
        // Whole lines, so that no word lies across two pieces.
        end = text.indexOf('\n', at + PIECE) + 1 || text.length;
        nFound += text.slice(at, end).match(pattern)?.length ?? 0;
        thread.set_progress(end / text.length);
        thread.set_status(nFound);
        yield;
    }
    return nFound;
}

async function main() {
    const text = makeText();
    let nTicks = 0, longest = 0, last = GLib.get_monotonic_time();
    const clock = GLib.timeout_add(REDRAW, TICK, () => {
        const now = GLib.get_monotonic_time();
        longest = Math.max(longest, now - last);
        last = now;
        nTicks++;
        return GLib.SOURCE_CONTINUE;
    });

    const begun = GLib.get_monotonic_time();
    const thread = Thr.ThreadManager.get_default().do_async(function* (job) {
        return yield* search(job, text);
    }, {name: 'search'});
    const nFound = await thread.wait_async();
    const duration = (GLib.get_monotonic_time() - begun) / 1000;
    GLib.source_remove(clock);

    print(`“${word}” is there ${nFound} times in ${text.length} characters.`);
    print(`The search took ${duration.toFixed(0)} ms; the clock ticked ${nTicks} times, ` +
        `and at least every ${(longest / 1000).toFixed(0)} ms.`);
}

const loop = new GLib.MainLoop(null, false);
let status = 1;
main().then(() => (status = 0), logError).finally(() => loop.quit());
loop.run();
System.exit(status);
