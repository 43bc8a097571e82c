// SPDX-License-Identifier: LGPL-2.1-or-later
// What would run JavaScript on another thread is refused, by an error that names
// the ways that work.

import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import Thr from 'gi://Thr?version=1.0';

import {
    assert, assertEqual, assertError, assertMatch, catchError, collectWarnings, run, SECONDS, until, wakeUp,
} from './harness.js';

const plain = () => true;

function assertRefused(call) {
    const error = assertError(catchError(call), Thr.Error, Thr.Error.NOT_SUPPORTED);
    for (const way of [/JavaScript cannot run on another thread/, /generator/, /async function/, /Thr\.Thimble/,
        /Thr\.Worker\.main\(\)\.listen/])
        assertMatch(error.message, way);
    return error.message;
}

const Ticker = GObject.registerClass(class Ticker extends Thr.Worker {
    vfunc_run() {
        this.ran = Thr.Worker.current() === this;
        return true;
    }
});

const Listening = GObject.registerClass(class Listening extends Gio.SimpleAction {
    on_notify() {}
});

const Resting = GObject.registerClass(class Resting extends Gio.SimpleAction {
    on_holiday() {}
});

// With accessors, with those that GJS makes, by inheritance, and of an interface.
const Sized = GObject.registerClass({
    Properties: {'own-size': GObject.ParamSpec.int('own-size', null, null, GObject.ParamFlags.READWRITE, 0, 9, 0)},
}, class Sized extends Gio.SimpleAction {
    get ownSize() {
        return 5;
    }

    set ownSize(size) {
        throw new Error(`${size}`);
    }
});

const Plain = GObject.registerClass({
    Properties: {'own-name': GObject.ParamSpec.string('own-name', null, null, GObject.ParamFlags.READWRITE, null)},
}, class Plain extends GObject.Object {});

const Derived = GObject.registerClass({Properties: {}}, class Derived extends Sized {});

const SAVER = 'power-saver-enabled';
const Profile = GObject.registerClass({
    Implements: [Gio.Initable, Gio.PowerProfileMonitor],
    Properties: {[SAVER]: GObject.ParamSpec.override(SAVER, Gio.PowerProfileMonitor)},
}, class Profile extends GObject.Object {});

class Inherits extends Object {}

const tests = {
    'a job'() {
        const manager = new Thr.ThreadManager();
        assertMatch(assertRefused(() => manager.do_async(plain)), /^do_async\(\)/);
        assertRefused(() => manager.do_async('name', plain));
        assertRefused(() => manager.do_async(function () {}));
        assertRefused(() => manager.do_async(async function* () {}));
        assertRefused(() => manager.do_async(plain.bind(null)));
        assertRefused(() => Thr.ThreadWrapper.new('name', plain));
        assertRefused(() => Thr.Background.new(manager, plain));
        assertRefused(() => new Thr.ThreadWrapper('name', plain));
        assertEqual([manager.get_n_items(), manager.busy], [0, false]);
        // Bound ones are what they were.
        assert(manager.do_async(function* () {}.bind(null)) instanceof Thr.ThreadWrapper, 'no job');
        assertRefused(() => manager.do_manual('job').set_interrupter(plain));
    },

    'a worker'() {
        assertMatch(assertRefused(() => new Thr.Worker('name', plain)), /^Thr\.Worker/);
        assertMatch(assertRefused(() => Thr.Worker.new('name', plain)), /^Thr\.Worker\.new\(\)/);
        assertRefused(() => Thr.Async.new(plain));
        assertRefused(() => Thr.Async.run(plain));
        assertRefused(() => Thr.Async.run_and_get(plain));
        assertRefused(() => new Thr.Async(plain));
    },

    'a listener on the worker of another thread'() {
        const worker = Thr.Worker.new('other', null);
        assertMatch(assertRefused(() => worker.listen('X', plain)), /“other”/);
        assertRefused(() => worker.listen_full('X', 0, 0, null, plain));
        assertRefused(() => worker.later(SECONDS, null, plain));
        worker.start();
        assertRefused(() => worker.listen('X', plain));
        worker.stop();
        worker.join(30 * SECONDS);
    },

    'a class of workers'() {
        const worker = new Ticker();
        assertMatch(assertRefused(() => worker.start()), /vfunc_run/);
        assertEqual(worker.is_running(), false);
        // On this thread it runs.
        worker.start_overlay();
        assertEqual(worker.ran, true);
    },

    'a default handler in JavaScript'() {
        const action = new Listening({name: 'x'});
        assertMatch(catchError(() => new Thr.Thimble(action)).message, /on_notify\(\) is JavaScript/);
        assertMatch(catchError(() => Thr.Event.new('X', action)).message, /on_notify\(\) is JavaScript/);
        // A method of such a name that no signal has is one as any other.
        Thr.Event.new('X', new Resting({name: 'x'}));
    },

    'a property in JavaScript'() {
        for (const [object, name] of [[new Sized({name: 'x'}), 'own-size'], [new Plain(), 'own-name'],
            [new Derived({name: 'x'}), 'own-size'], [new Profile(), SAVER]]) {
            const refusal = new RegExp(`whose property ${name} is JavaScript`);
            assertMatch(catchError(() => new Thr.Thimble(object)).message, refusal);
            assertMatch(catchError(() => Thr.Event.new('X', object)).message, refusal);
            assertMatch(catchError(() => Thr.Event.new('X', [object])).message, refusal);
        }
        // One without has those of C alone.
        Thr.Event.new('X', new Resting({name: 'x'}));
        Thr.Event.new('X', new Gio.SimpleAction({name: 'x'}));
        Thr.Event.new('X', new Gio.ListStore());
        Thr.Event.new('X', Gio.NetworkMonitor.get_default());
        Thr.Event.new('X', Gio.File.new_for_path('/'));
    },

    'what has a type of GLib only by inheritance'() {
        assertMatch(catchError(() => Thr.Event.new('X', new Inherits())).message, /is a JavaScript object/);
    },

    'a character 0'() {
        for (const value of ['a\0b', ['a', 'b\0']])
            assertMatch(catchError(() => Thr.Event.new('X', value)).message, /character 0/);
    },

    async 'a listener whose exception has no text'() {
        const main = Thr.Worker.main();
        const warnings = await collectWarnings(async () => {
            let called = false;
            main.listen('BARE', async () => {
                called = true;
                throw Object.create(null);
            }, {once: true});
            main.fire('BARE', null);
            await until(() => called);
            await wakeUp();
        });
        assertMatch(warnings.join(), /“BARE” failed: an object without a text/);
        assertMatch(catchError(() => main.listen_full('BARE', 0, 0, null, 5)).message, /^listen_full\(\) takes a function/);
    },

    'a hook that gives a function'() {
        const thimble = new Thr.Thimble(Gio.File.new_for_path('/'));
        let refused = null;
        thimble.add_hook('get_basename', (_raw, access) => {
            refused = catchError(() => access.set_function(plain));
            access.set_result('given');
            return true;
        });
        return thimble.get_basename().then(name => {
            assertEqual(name, 'given');
            assertError(refused, Thr.Error, Thr.Error.NOT_SUPPORTED);
        });
    },

    async 'later on this thread'() {
        let called = false;
        Thr.Worker.main().later(0, null, () => (called = true));
        await until(() => called);
    },
};

run(tests);
