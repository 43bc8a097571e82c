// SPDX-License-Identifier: LGPL-2.1-or-later
// A thimble as the object that it stands for.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

import {assert, assertEqual, assertError, assertMatch, catchError, catchRejection, run, until} from './harness.js';

const folder = Gio.File.new_for_path(GLib.dir_make_tmp('thimble-XXXXXX'));
const file = folder.get_child('content');
file.replace_contents('some content', null, false, 0, null);
const text = bytes => new TextDecoder().decode(bytes);

const Counter = GObject.registerClass({
    Signals: {'counted': {param_types: [GObject.TYPE_INT64, GObject.TYPE_VARIANT]}},
}, class Counter extends GObject.Object {
    double(number) {
        return 2 * number;
    }
});

const tests = {
    async 'methods return promises'() {
        const thimble = new Thr.Thimble(file);
        const promise = thimble.load_contents(null);
        assert(promise instanceof Promise, 'no promise');
        const [bytes] = await promise;
        assertEqual(text(bytes), 'some content');
        const info = await thimble.query_info('standard::*', Gio.FileQueryInfoFlags.NONE, null);
        assertEqual(info.get_size(), 12);
        assertEqual(await thimble.get_basename(), 'content');
        assertEqual(await Promise.all([1, 2, 3].map(() => thimble.get_basename())),
            ['content', 'content', 'content']);
    },

    async 'errors are of GLib'() {
        const missing = new Thr.Thimble(folder.get_child('nothing'));
        assertError(await catchRejection(missing.load_contents(null)), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);
        const thimble = new Thr.Thimble(file);
        assertError(await catchRejection(thimble.query_info(5)), Thr.Error, Thr.Error.INVALID_ARGUMENT);
        assertError(await catchRejection(thimble.load_contents_async(0, null)), Thr.Error, Thr.Error.NOT_SUPPORTED);
        assertError(await catchRejection(Thr.call('GLib.file_get_content')), Thr.Error, Thr.Error.NO_SUCH_METHOD);
        const typo = catchError(() => thimble.load_content(null));
        assert(typo instanceof TypeError, `${typo}`);
        assertMatch(typo.message, /load_content is not a function/);
        // With a place in the program that called.
        const error = await catchRejection(missing.load_contents(null));
        assertMatch(error.stack, /test-proxy\.js/);
    },

    async 'only what is listed blocks'() {
        const thimble = new Thr.Thimble(file, {blocking: ['load_*']});
        assertEqual(thimble.get_basename(), 'content');
        assert(thimble.load_contents(null) instanceof Promise, 'no promise');
        assertEqual(thimble.blocking_methods, ['load_*']);
        // With a callback it can be no call by name: it is the target's own.
        await new Promise((resolve, reject) => {
            thimble.query_info_async('standard::size', 0, 0, null, (source, result) => {
                try {
                    assertEqual(source.query_info_finish(result).get_size(), 12);
                    resolve();
                } catch (error) {
                    reject(error);
                }
            });
        });
    },

    async 'functions and constructors'() {
        const bytes = await Thr.call('GLib.file_get_contents', file.get_path());
        assertEqual(text(bytes), 'some content');
        const other = await Thr.call('Gio.File.new_for_path', '/tmp');
        assertEqual(other.get_path(), '/tmp');
        // Several at once, in the default manager.
        const contents = await Promise.all(Array.from({length: 20}, () =>
            Thr.call('GLib.file_get_contents', file.get_path())));
        assertEqual(contents.map(text).every(content => content === 'some content'), true);
    },

    async 'properties'() {
        const action = new Gio.SimpleAction({name: 'act', state: new GLib.Variant('i', 5)});
        const thimble = new Thr.Thimble(action);
        assertEqual([thimble.name, thimble.enabled, thimble.parameter_type], ['act', true, null]);
        assert(thimble.state.equal(new GLib.Variant('i', 5)), 'another state');
        thimble.enabled = false;
        assertEqual(action.enabled, false);
        assertMatch(catchError(() => (thimble.enabel = false)).message, /no property enabel/);
        assertError(catchError(() => (thimble.name = 'other')), Thr.Error, Thr.Error.NOT_SUPPORTED);
        const store = new Thr.Thimble(new Gio.ListStore({item_type: Gio.File.$gtype}));
        assertEqual(GObject.type_name(store.item_type), 'GFile');
        assertEqual(GObject.type_name(store.itemType), 'GFile');
        assertEqual(['name' in thimble, 'manager' in thimble, 'nothing' in thimble], [true, true, false]);
    },

    async 'signals arrive on the main loop'() {
        const action = new Gio.SimpleAction({name: 'act', parameter_type: new GLib.VariantType('i')});
        const thimble = new Thr.Thimble(action);
        const heard = [];
        const id = thimble.connect('activate', (from, parameter) => {
            // In a job's thread there would be one.
            assertEqual(Thr.ThreadWrapper.get_current(), null);
            heard.push([from === thimble, parameter.deepUnpack()]);
        });
        const notified = [];
        thimble.connect('notify::enabled', (from, pspec) => notified.push([from === thimble, pspec.name]));
        // Emitted in a thread, both.
        await thimble.activate(new GLib.Variant('i', 7));
        await thimble.set_enabled(false);
        await until(() => notified.length > 0);
        assertEqual(heard, [[true, 7]]);
        assertEqual(notified, [[true, 'enabled']]);
        assertEqual(thimble.disconnect(id), true);
        await thimble.set_enabled(true);
        await thimble.activate(new GLib.Variant('i', 8));
        await thimble.get_name();
        assertEqual(heard.length, 1);
        assertError(catchError(() => thimble.connect('activated', () => {})), Thr.Error, Thr.Error.INVALID_ARGUMENT);
        assert(catchError(() => thimble.connect('activate')) instanceof TypeError, 'no TypeError');
    },

    async 'what signals carry is exact'() {
        const counter = new Counter();
        const thimble = new Thr.Thimble(counter);
        const heard = [];
        thimble.connect('counted', (_thimble, number, variant) => heard.push(number, variant.get_type_string()));
        counter.emit('counted', 2n ** 60n, new GLib.Variant('x', 1));
        counter.emit('counted', 5, new GLib.Variant('as', []));
        await until(() => heard.length === 4);
        assertEqual(heard, [2n ** 60n, 'x', 5, 'as']);
        // What is JavaScript of the target runs here.
        assertEqual(thimble.double(4), 8);
    },

    async 'await and JavaScript itself are not confused'() {
        const thimble = new Thr.Thimble(file);
        assertEqual(thimble.then, undefined);
        assert(await thimble === thimble, 'await gave something else');
        assert(await (async () => thimble)() === thimble, 'an async function gave something else');
        assert(thimble instanceof Thr.Thimble && thimble instanceof GObject.Object, 'of no class');
        assertMatch(`${thimble}`, /^\[thimble of .*GLocalFile/);
        assertEqual([thimble[Symbol.iterator], thimble[Symbol.toPrimitive]], [undefined, undefined]);
        assertEqual(typeof thimble.constructor, 'function');
        assert(thimble.load_contents === thimble.load_contents, 'another function each time');
        assertEqual(thimble.nothing, undefined);
        assert(catchError(() => delete thimble.name) instanceof TypeError, 'deleted');
    },

    async 'its own members'() {
        const thimble = new Thr.Thimble(file);
        assert(thimble.$.target === file && thimble.target === file, 'another target');
        assertEqual([thimble.manager.thread_limit, thimble.has_method('load_contents')], [1, true]);
        assertEqual(text((await thimble.call('load_contents', []))[0]), 'some content');
        assertEqual(await thimble.$.call('get_basename'), 'content');
        thimble.serialize_all = true;
        assertEqual(thimble.$.serialize_all, true);
        // The target wins: an action has a name, and a manager has one, too.
        const manager = new Thr.Thimble(new Thr.ThreadManager({name: 'shown'}));
        assertEqual(manager.name, 'shown');

        const job = thimble.call_thread('load_contents', []);
        assert(job instanceof Thr.ThreadWrapper, 'no job');
        assertEqual(text((await job.wait_async())[0]), 'some content');
        const number = new Thr.Thimble({manager: thimble.manager, 'pack-values': true})
            .call_thread('GLib.get_monotonic_time');
        assertEqual(typeof await number.wait_async(), 'number');
    },

    async 'what is no target, and no option'() {
        for (const wrong of [null, 'text', 5, Gio.File]) {
            const error = catchError(() => new Thr.Thimble(wrong));
            assert(error instanceof TypeError, `${error}`);
            assertMatch(error.message, /takes an object of GObject/);
        }
        assertMatch(catchError(() => new Thr.Thimble(file, {bloking: []})).message, /no option bloking/);
        // That of a thimble is the one of its target.
        assert(new Thr.Thimble(new Thr.Thimble(file)).$.target === file, 'another target');
        assert(new Thr.Thimble({target: file}).target === file, 'not as in C');
    },

    async 'a manager for several'() {
        const manager = new Thr.ThreadManager({'thread-limit': 3});
        const thimbles = [1, 2, 3].map(() => new Thr.Thimble(file, {manager}));
        assert(thimbles.every(thimble => thimble.manager === manager), 'another manager');
        assertEqual(await Promise.all(thimbles.map(thimble => thimble.get_basename())),
            ['content', 'content', 'content']);
        manager.stop();
        assertError(await catchRejection(thimbles[0].get_basename()), Thr.Error, Thr.Error.STOPPED);
    },

    async 'a cancellable in its place'() {
        const cancellable = new Gio.Cancellable();
        cancellable.cancel();
        const thimble = new Thr.Thimble(file);
        assertError(await catchRejection(thimble.load_contents(cancellable)),
            Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
        // One that still waits for a thread, too.
        thimble.manager.paused = true;
        const queued = new Gio.Cancellable();
        const promise = thimble.load_contents(queued);
        queued.cancel();
        assertError(await catchRejection(promise), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
    },

    async 'hooks see what passes'() {
        const thimble = new Thr.Thimble(file, {blocking: []});
        const seen = [];
        for (const member of ['get_basename', 'get_uri']) {
            thimble.add_hook(member, (_raw, access) => {
                seen.push(access.get_member());
                access.set_result(`not ${access.get_member()}`);
                return true;
            });
        }
        assertEqual(thimble.get_basename(), 'not get_basename');
        const blocking = new Thr.Thimble(file);
        blocking.add_hook('load_contents', (_raw, access) => {
            access.set_callee('get_basename');
            access.set_arguments([]);
            return true;
        });
        assertEqual(await blocking.load_contents(null), 'content');
        assertEqual(seen, ['get_basename']);
    },

    async 'collected in the middle of a call'() {
        const results = [];
        for (let i = 0; i < 100; i++) {
            new Thr.Thimble(file).load_contents(null).then(([bytes]) => results.push(text(bytes)));
            if (i % 10 === 0)
                System.gc();
        }
        System.gc();
        await until(() => results.length === 100);
        assertEqual(new Set(results).size, 1);
    },

    async 'JavaScript in a target is refused'() {
        const Stream = GObject.registerClass(class Stream extends Gio.InputStream {
            vfunc_read_fn() {
                return 0;
            }
        });
        const error = catchError(() => new Thr.Thimble(new Stream()));
        assert(error instanceof TypeError, `${error}`);
        assertMatch(error.message, /vfunc_read_fn/);
        assertMatch((await catchRejection(new Thr.Thimble(new Gio.ListStore()).append(new Stream()))).message,
            /^append\(\): argument 1 .*vfunc_read_fn/);
    },
};

run(tests);
file.delete(null);
folder.delete(null);
