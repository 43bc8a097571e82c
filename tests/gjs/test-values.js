// SPDX-License-Identifier: LGPL-2.1-or-later
// What crosses to another thread and back, and what is refused.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Thr from 'gi://Thr?version=1.0';
import Tt from 'gi://Tt?version=1.0';

import {assert, assertEqual, assertError, assertMatch, catchRejection, run} from './harness.js';

const object = new Thr.Thimble(new Tt.Object());

const bytes = values => Uint8Array.from(values);
const plain = value => value instanceof Uint8Array ? Array.from(value) : value;

// The library itself looks whether it gets what it is to get, and gives the same.
const LIST = ['length', 'fixed', 'zero', 'garray', 'list', 'slist', 'ptrarray'];
const SAMPLES = {
    int8: [-128, 1, 127],
    int16: [-(2 ** 15), 1, 2 ** 15 - 1],
    uint16: [2 ** 16 - 1, 1, 2],
    int32: [-(2 ** 31), 1, 2 ** 31 - 1],
    uint32: [2 ** 32 - 1, 1, 2],
    int64: [-(2n ** 63n), 1, 2n ** 63n - 1n],
    uint64: [2n ** 64n - 1n, 1, 2],
    float: [1.5, -2.25, Math.fround(1e30)],
    double: [1.5, -2.25, 1e300],
    utf8: ['ä', '', 'three'],
};

async function assertCrosses(method, value) {
    assertEqual(plain(await object[method](value)), plain(value));
}

const tests = {
    async 'numbers and texts'() {
        for (const [type, [sample]] of Object.entries(SAMPLES))
            await assertCrosses(`${type}_inout_none`, sample);
        await assertCrosses('uint8_inout_none', 255);
        await assertCrosses('boolean_inout_none', true);
        await assertCrosses('utf8_inout_nullable', null);
        assertEqual(await object.enum_inout_none(Tt.Colour.BLUE), Tt.Colour.BLUE);
        assertEqual(await object.flags_inout_none(Tt.Side.LEFT), Tt.Side.LEFT);
    },

    async 'arrays of numbers and texts'() {
        for (const [type, samples] of Object.entries(SAMPLES)) {
            for (const container of LIST) {
                const method = `${type}_${container}_inout_none`;
                if (object.has_method(method))
                    await assertCrosses(method, samples);
            }
        }
        await assertCrosses('boolean_length_inout_none', [true, false, true]);
        await assertCrosses('int16_length_inout_none', SAMPLES.int16);
        assertEqual(await object.int16_length_inout_none(Int16Array.from(SAMPLES.int16)), SAMPLES.int16);
    },

    async 'integers of 64 bits, exactly'() {
        const info = new Thr.Thimble(new Gio.FileInfo());
        for (const number of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n) - 1n]) {
            await info.set_attribute_int64('a::b', number);
            assertEqual(await info.get_attribute_int64('a::b'), number);
        }
        await info.set_attribute_uint64('a::b', 2n ** 64n - 1n);
        assertEqual(await info.get_attribute_uint64('a::b'), 2n ** 64n - 1n);
        // What a number holds is one, also where a BigInt was given.
        for (const number of [0n, -5n, 2n ** 53n - 1n, 7]) {
            await info.set_attribute_int64('a::b', number);
            assertEqual(await info.get_attribute_int64('a::b'), Number(number));
        }
        assertEqual(typeof await Thr.call('GLib.get_monotonic_time'), 'number');
    },

    async 'bytes'() {
        for (const container of ['length', 'fixed', 'garray', 'bytearray'])
            await assertCrosses(`uint8_${container}_inout_none`, bytes([255, 1, 127]));
        assert(await object.uint8_length_return_none() instanceof Uint8Array, 'no Uint8Array');
        assertEqual(plain(await object.uint8_length_inout_none(bytes([255, 1, 127]).buffer)), [255, 1, 127]);
        const text = '\0 any bytes \xff';
        const given = Uint8Array.from(text, letter => letter.charCodeAt(0));
        const encoded = await Thr.call('GLib.base64_encode', given);
        assertEqual(plain(await Thr.call('GLib.base64_decode', encoded)), plain(given));
        assertEqual(await Thr.call('GLib.base64_encode', bytes([])), '');
    },

    async 'empty arrays'() {
        const info = new Thr.Thimble(new Gio.FileInfo());
        await info.set_attribute_stringv('a::b', []);
        assertEqual(await info.get_attribute_stringv('a::b'), []);
        assertEqual(await Thr.call('GLib.base64_encode', []), '');
    },

    async 'variants are themselves, whatever is in them'() {
        for (const variant of [new GLib.Variant('ai', [1, 2]), new GLib.Variant('x', 5),
            new GLib.Variant('v', new GLib.Variant('s', 'deep')), new GLib.Variant('s', 'text')]) {
            const action = new Thr.Thimble(new Gio.SimpleAction({name: 'a', state: variant}));
            for (const got of [await action.get_state(), action.state])
                assert(got instanceof GLib.Variant && got.equal(variant), `got ${got.print(true)}`);
        }
        assertEqual(await object.variant_inout_nullable(null), null);
        const list = await object.variant_list_return_none();
        assert(list.length === 3 && list.every(item => item instanceof GLib.Variant), `got ${list}`);
        assertEqual((await object.variant_list_inout_none(new GLib.Variant('av', list))).length, 3);
    },

    async 'objects and enumerations'() {
        const file = Gio.File.new_for_path('/tmp');
        const store = new Thr.Thimble(new Gio.ListStore({item_type: Gio.File.$gtype}));
        await store.append(file);
        assert(await store.get_item(0) === file, 'another object came back');
        // A thimble stands for its target.
        await store.append(new Thr.Thimble(file));
        assert(await store.get_item(1) === file, 'no target');
        assertEqual(await store.get_item(2), null);

        assertEqual(await new Thr.Thimble(file).query_file_type(Gio.FileQueryInfoFlags.NONE, null),
            Gio.FileType.DIRECTORY);
    },

    async 'several results, one, and none'() {
        const [read, write] = await Thr.call('GLib.file_get_contents', '/proc/self/comm')
            .then(contents => [contents instanceof Uint8Array, contents.length > 0]);
        assertEqual([read, write], [true, true]);
        const file = new Thr.Thimble(Gio.File.new_for_path('/proc/self/comm'));
        assertEqual((await file.load_contents(null)).length, 2);
        assertEqual(await new Thr.Thimble(new Gio.SimpleAction({name: 'a'})).set_enabled(true), undefined);
    },

    async 'a table becomes an object'() {
        const names = await object.utf8_hash_return_none();
        assert(typeof names === 'object' && !(names instanceof GLib.Variant), `got ${names}`);
        assert(Object.values(names).every(name => typeof name === 'string'), 'no texts');
    },

    async 'what is refused, and how it is named'() {
        const file = new Thr.Thimble(Gio.File.new_for_path('/tmp'));
        for (const [value, pattern] of [
            [undefined, /^query_info\(\): argument 2 is undefined/],
            [{a: 1}, /^query_info\(\): argument 2 is a JavaScript object.*GLib\.Variant/],
            [() => 5, /^query_info\(\): argument 2 is a function/],
            [Symbol('x'), /^query_info\(\): argument 2 is a symbol/],
            [[1, 'a'], /^query_info\(\): argument 2 is an array/],
            [[{}], /^query_info\(\): argument 2 is an array/],
            [new Map(), /^query_info\(\): argument 2 is a JavaScript object/],
        ]) {
            const error = await catchRejection(file.query_info('*', value));
            assert(error instanceof TypeError, `${error} is no TypeError`);
            assertMatch(error.message, pattern);
        }
        for (const number of [2n ** 64n, -(2n ** 63n) - 1n, [2n ** 64n], [-1, 2n ** 63n]]) {
            const error = await catchRejection(object.int64_in_none(number));
            assert(error instanceof RangeError, `${error} is no RangeError`);
            assertMatch(error.message, /^int64_in_none\(\): argument 1/);
        }
        // What does not fit is C's to say.
        assertError(await catchRejection(object.int32_inout_none(2 ** 31)), Thr.Error, Thr.Error.INVALID_ARGUMENT);
        assertError(await catchRejection(object.int32_inout_none('5')), Thr.Error, Thr.Error.INVALID_ARGUMENT);
    },
};

run(tests);
