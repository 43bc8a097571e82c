// SPDX-License-Identifier: LGPL-2.1-or-later
// Thimbles as JavaScript sees them with nothing but their introspection data.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

Gio._promisify(Thr.Thimble.prototype, 'call', 'call_finish_values');
Gio._promisify(Thr.ThreadWrapper.prototype, 'wait_async', 'wait_finish');

function assertEqual(got, wanted) {
    const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (a !== b)
        throw new Error(`got ${a}, wanted ${b}`);
}

function assertError(error, domain, code) {
    if (!(error instanceof GLib.Error) || !error.matches(domain, code))
        throw error;
}

async function assertRejects(domain, code, promise) {
    let value;
    try {
        value = await promise;
    } catch (e) {
        return assertError(e, domain, code);
    }
    throw new Error(`nothing was thrown, but ${value} returned`);
}

function assertThrows(domain, code, func) {
    try {
        func();
    } catch (e) {
        return assertError(e, domain, code);
    }
    throw new Error('nothing was thrown');
}

const folder = Gio.File.new_for_path(GLib.dir_make_tmp('thimble-XXXXXX'));
const file = folder.get_child('content');
file.replace_contents('some content', null, false, 0, null);
const text = bytes => new TextDecoder().decode(bytes.toArray());

const tests = {
    async 'call'() {
        const thimble = Thr.Thimble.new(file, null, null);
        assertEqual(await thimble.call('get_basename', [], null), ['content']);
        const [info] = await thimble.call('query_info', ['standard::size', 0], null);
        assertEqual(info.get_size(), 12);
        const [contents, etag] = await thimble.call('load_contents', [], null);
        assertEqual(text(contents), 'some content');
        assertEqual(typeof etag, 'string');
        assertEqual(thimble.target === file, true);
    },

    async 'one value'() {
        const thimble = Thr.Thimble.new(file, null, null);
        const value = await new Promise((resolve, reject) => {
            const thread = thimble.call_thread('get_basename', []);
            thread.wait_async(null).then(resolve, reject);
        });
        assertEqual(value, 'content');
        assertEqual(thimble.call_now('get_basename', [], null), 'content');
    },

    async 'errors'() {
        const thimble = Thr.Thimble.new(file, null, null);
        const nothing = Thr.Thimble.new(folder.get_child('nothing'), null, null);
        await assertRejects(Thr.Error, Thr.Error.NO_SUCH_METHOD, thimble.call('get_basenam', [], null));
        await assertRejects(Thr.Error, Thr.Error.NOT_SUPPORTED,
            thimble.call('load_contents_async', [], null));
        await assertRejects(Thr.Error, Thr.Error.INVALID_ARGUMENT, thimble.call('query_info', [5], null));
        await assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND,
            nothing.call('load_contents', [], null));
        assertThrows(Thr.Error, Thr.Error.NO_SUCH_METHOD, () => thimble.call_now('get_basenam', [], null));
        assertThrows(Thr.Error, Thr.Error.INVALID_ARGUMENT, () => thimble.get_target_property('no'));
        thimble.manager.stop();
        await assertRejects(Thr.Error, Thr.Error.STOPPED, thimble.call('get_basename', [], null));
    },

    async 'lists'() {
        const thimble = Thr.Thimble.new(file, null, ['load_*']);
        assertEqual(thimble.is_blocking('load_contents'), true);
        assertEqual(thimble.is_blocking('get_basename'), false);
        assertEqual(thimble.has_method('load_contents'), true);
        assertEqual(thimble.has_method('load_content'), false);
        assertEqual(thimble.list_methods().includes('load_contents'), true);
        assertEqual(thimble.blocking_methods, ['load_*']);
    },

    async 'functions'() {
        const thimble = Thr.Thimble.new_static(null, null);
        const [contents] = await thimble.call('GLib.file_get_contents', [file.get_path()], null);
        assertEqual(text(contents), 'some content');
    },

    async 'properties and hooks'() {
        const action = new Gio.SimpleAction({name: 'act'});
        const thimble = Thr.Thimble.new(action, null, []);
        assertEqual(thimble.get_target_property('name'), 'act');
        thimble.set_target_property('enabled', false);
        assertEqual(action.enabled, false);
        const seen = [];
        const id = thimble.add_hook('name', (_thimble, access) => {
            seen.push([access.get_member(), access.get_kind(), access.get_n_arguments()]);
            access.set_result('given');
            return true;
        });
        assertEqual(thimble.get_target_property('name'), 'given');
        assertEqual(thimble.remove_hook(id), true);
        assertEqual(thimble.get_target_property('name'), 'act');
        assertEqual(seen, [['name', Thr.AccessKind.GET, 0]]);

        thimble.add_hook('change_state', (_thimble, access) => {
            seen.push(access.get_argument(0).deepUnpack());
            access.set_result(true);
            return true;
        });
        await thimble.call('change_state', [new GLib.Variant('i', 5)], null);
        assertEqual(seen[1], 5);
    },

    async 'signals'() {
        const action = new Gio.SimpleAction({name: 'act', parameter_type: new GLib.VariantType('i')});
        const thimble = Thr.Thimble.new(action, null, ['activate']);
        const heard = [];
        const id = thimble.connect_signal('activate', (told, name, args) =>
            heard.push([told === thimble, name, args[0].deepUnpack()]));
        // Emitted on a background thread. The end of the call may overtake it.
        await thimble.call('activate', [new GLib.Variant('i', 7)], null);
        while (heard.length === 0) {
            await new Promise(resolve => GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE, () => {
                resolve();
                return GLib.SOURCE_REMOVE;
            }));
        }
        assertEqual(heard, [[true, 'activate', 7]]);
        assertEqual(thimble.disconnect_signal(id), true);
        assertThrows(Thr.Error, Thr.Error.INVALID_ARGUMENT,
            () => thimble.connect_signal('activated', () => {}));
    },
};

const loop = new GLib.MainLoop(null, false);
let failures = 0;

async function runAll() {
    for (const [name, test] of Object.entries(tests)) {
        try {
            await test();
            print(`ok - ${name}`);
        } catch (e) {
            failures++;
            print(`not ok - ${name}: ${e.message}\n${e.stack}`);
        }
        System.gc();
    }
    file.delete(null);
    folder.delete(null);
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
