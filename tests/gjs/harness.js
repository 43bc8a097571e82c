// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests of the override share.

import GLib from 'gi://GLib';
import System from 'system';

export const SECONDS = 1000 * 1000;
const DEADLINE = 60; // seconds, for a whole file

// The priority that frames are drawn at, and a backlog of deliveries, too: what
// waits there takes turns with them.
export const REDRAW = 120;

export const isQuick = GLib.getenv('THR_TEST_QUICK') !== null;

function show(value) {
    return JSON.stringify(value, (_key, inner) => typeof inner === 'bigint' ? `${inner}n` : inner);
}

export function assertEqual(got, wanted) {
    if (show(got) !== show(wanted))
        throw new Error(`got ${show(got)}, wanted ${show(wanted)}`);
}

export function assert(truth, complaint) {
    if (!truth)
        throw new Error(complaint);
}

export function assertMatch(text, pattern) {
    assert(pattern.test(text), `“${text}” does not match ${pattern}`);
}

// That it is of GLib, of this domain and code; its message can be looked at then.
export function assertError(error, domain, code) {
    if (!(error instanceof GLib.Error) || !error.matches(domain, code))
        throw error;
    return error;
}

export function catchError(func) {
    try {
        func();
    } catch (error) {
        return error;
    }
    throw new Error('nothing was thrown');
}

export async function catchRejection(promise) {
    let value;
    try {
        value = await promise;
    } catch (error) {
        return error;
    }
    throw new Error(`nothing was thrown, but ${value} given`);
}

// Goes on once the condition holds: looked at at each turn of the main loop.
export function until(condition) {
    return new Promise(resolve => {
        GLib.idle_add(REDRAW, () => {
            if (!condition())
                return GLib.SOURCE_CONTINUE;
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

export const wakeUp = () => until(() => true);

// What the override logs meanwhile, instead of having it printed.
export async function collectWarnings(func) {
    const [log, texts] = [GLib.log_structured, []];
    GLib.log_structured = (_domain, _level, fields) => texts.push(fields.MESSAGE);
    try {
        await func();
    } finally {
        GLib.log_structured = log;
    }
    return texts;
}

// What GJS itself reports meanwhile: all that is thrown where nobody catches it. Such a
// report would end the test, as all criticals do.
export async function collectReports(func) {
    const {LEVEL_CRITICAL, LEVEL_ERROR} = GLib.LogLevelFlags;
    const fatal = GLib.log_set_always_fatal(LEVEL_ERROR);
    const texts = [];
    const handler = GLib.log_set_handler('Gjs', LEVEL_CRITICAL, (_domain, _level, text) => texts.push(text));
    try {
        await func();
    } finally {
        GLib.log_remove_handler('Gjs', handler);
        GLib.log_set_always_fatal(fatal);
    }
    return texts;
}

export function run(tests) {
    const loop = new GLib.MainLoop(null, false);
    let failures = 0;

    async function runAll() {
        for (const [name, test] of Object.entries(tests)) {
            try {
                await test();
                print(`ok - ${name}`);
            } catch (error) {
                failures++;
                print(`not ok - ${name}: ${error}\n${error.stack}`);
            }
            System.gc();
        }
        loop.quit();
    }

    // A test that starts before the loop does would not see it run.
    GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
        runAll();
        return GLib.SOURCE_REMOVE;
    });
    GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, DEADLINE, () => {
        failures++;
        print('not ok - a test did not end in time');
        loop.quit();
        return GLib.SOURCE_REMOVE;
    });
    loop.run();
    System.exit(failures === 0 ? 0 : 1);
}
