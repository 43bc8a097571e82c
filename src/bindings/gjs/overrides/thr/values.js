// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported checkFunction, checkOptions, findVirtualMethod, fromResults, fromValue, getTarget, isPlain, refuseCode,
   standFor, toText, toValue, toValues */

// What crosses to other threads: JavaScript's values as those that C reads, and back.

const {Gio, GLib, GObject} = imports.gi;

const INT64 = [-(2n ** 63n), 2n ** 63n - 1n];
const UINT64 = [0n, 2n ** 64n - 1n];

const inRange = (number, [least, most]) => number >= least && number <= most;
const isInteger = value => typeof value === 'bigint' || Number.isInteger(value);

// What is the same to C and to JavaScript. To C, a string ends at a character 0.
function isPlain(value) {
    const type = typeof value;
    if (type === 'string')
        return !value.includes('\0');
    return type === 'number' || type === 'boolean' || value === null;
}

// Objects that stand for another one as an argument, as a thimble does for its target.
const targets = new WeakMap();

function standFor(object, target) {
    targets.set(object, target);
}

function getTarget(object) {
    return targets.get(object) ?? object;
}

// What is misspelt is not passed over in silence.
function checkOptions(options, names, where) {
    const unknown = Object.keys(options).find(name => !names.includes(name));
    if (unknown !== undefined)
        throw new TypeError(`${where} knows no option ${unknown}: there are ${names.join(', ')}`);
}

// Not all that can be thrown, or given, can be made a text.
function toText(value) {
    try {
        return String(value);
    } catch {
        return 'an object without a text';
    }
}

function checkFunction(func, where) {
    if (typeof func !== 'function')
        throw new TypeError(`${where} takes a function to call, not ${toText(func)}`);
}

// The first method that C would call in JavaScript, wherever it calls it; or undefined.
function findVirtualMethod(object) {
    for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
        // A class of C has one of these names only once somebody asks for it.
        // An on_…() is the default handler of the signal of that name.
        const found = Object.getOwnPropertyNames(at).find(name => (name.startsWith('vfunc_') ||
            (name.startsWith('on_') && GObject.signal_lookup(name.slice(3), at.constructor.$gtype) !== 0)) &&
            !`${at[name]}`.includes('/* wrapper for native symbol'));
        if (found !== undefined)
            return found;
    }
    return undefined;
}

// The first property that C would read or set in JavaScript, which it does also where
// the class has no accessors of its own; or undefined.
function findProperty(object) {
    for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
        // What registerClass() keeps the properties in; a class of C has none.
        const [found] = Object.values(at.constructor?.[GObject.properties] ?? {});
        if (found !== undefined)
            return found.get_name();
    }
    return undefined;
}

function refuseCode(object, where) {
    const method = findVirtualMethod(object);
    const property = findProperty(object);
    if (method !== undefined || property !== undefined) {
        const code = method !== undefined ? `${method}()` : `property ${property}`;
        throw new TypeError(`${where} is an object whose ${code} is JavaScript, which cannot ` +
            'run on another thread');
    }
    return object;
}

function fromNumbers(type, array) {
    const bytes = new GLib.Bytes(new Uint8Array(array.buffer));
    return GLib.Variant.new_from_bytes(new GLib.VariantType(type), bytes, true);
}

function fromIntegers(array, where) {
    const numbers = array.map(BigInt);
    if (numbers.every(number => inRange(number, INT64)))
        return fromNumbers('ax', BigInt64Array.from(numbers));
    if (numbers.every(number => inRange(number, UINT64)))
        return fromNumbers('at', BigUint64Array.from(numbers));
    throw new RangeError(`${where} has a number of more than 64 bits`);
}

function fromArray(array, where) {
    if (array.every(value => typeof value === 'string'))
        return new GLib.Variant('as', array.map(value => toValue(value, where)));
    if (array.every(isInteger))
        return fromIntegers(array, where);
    if (array.every(value => typeof value === 'number'))
        return fromNumbers('ad', Float64Array.from(array));
    if (array.every(value => typeof value === 'boolean'))
        return new GLib.Variant('ab', array);
    if (array.every(value => value instanceof GObject.Object)) {
        const store = new Gio.ListStore();
        array.forEach((value, i) => store.append(toValue(value, `${where}, element ${i}`)));
        return store;
    }
    throw new TypeError(`${where} is an array that holds neither strings alone, nor numbers, ` +
        'booleans or objects of GObject');
}

function fromObject(value, where) {
    if (targets.has(value))
        return targets.get(value);
    if (value instanceof GObject.Object)
        return refuseCode(value, where);
    if (value instanceof Uint8Array)
        return new GLib.Bytes(value);
    if (value instanceof ArrayBuffer)
        return new GLib.Bytes(new Uint8Array(value));
    if (Array.isArray(value))
        return fromArray(value, where);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView))
        return fromArray(Array.from(value), where);
    // What is of GLib: boxed values, variants, errors, and types themselves. A plain
    // object has a type in GLib, too, and so has what extends Object.
    const {constructor} = value;
    if ((constructor?.$gtype !== undefined && constructor.$gtype !== Object.$gtype) || value instanceof GLib.Error ||
        value instanceof GObject.ParamSpec || constructor?.name === 'GType')
        return value;
    throw new TypeError(`${where} is a JavaScript object, which cannot cross to another thread: ` +
        'give a string, a number, bytes, an array, a GLib.Variant or a GObject');
}

// `where` is how a refusal names the value: "load_contents(): argument 1".
function toValue(value, where) {
    if (isPlain(value))
        return value;
    switch (typeof value) {
    case 'object':
        return fromObject(value, where);
    case 'bigint':
        if (inRange(value, INT64) || inRange(value, UINT64))
            return value;
        throw new RangeError(`${where} is a number of more than 64 bits`);
    case 'string':
        throw new TypeError(`${where} has a character 0, at which a string ends in C: give a Uint8Array`);
    case 'undefined':
        throw new TypeError(`${where} is undefined: leave it out, or give null`);
    case 'function':
    case 'symbol':
    default:
        throw new TypeError(`${where} is a ${typeof value}, which cannot cross to another thread`);
    }
}

function toValues(args, name) {
    const values = [];
    for (let i = 0; i < args.length; i++) {
        const value = args[i];
        values.push(isPlain(value) ? value : toValue(value, `${name}(): argument ${i + 1}`));
    }
    return values;
}

function exactly(number) {
    return inRange(number, [BigInt(Number.MIN_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER)])
        ? Number(number) : number;
}

// A list or a table of C, and what is in it.
function fromContainer(variant) {
    const type = variant.get_type_string();

    if (type === 'x' || type === 't')
        return exactly(BigInt(variant.print(false)));
    if (type === 'v')
        return variant.get_variant();
    if (type === 'ax' || type === 'at') {
        const {buffer} = variant.get_data_as_bytes().toArray().slice();
        return Array.from(type === 'ax' ? new BigInt64Array(buffer) : new BigUint64Array(buffer), exactly);
    }
    if (!type.startsWith('a'))
        return variant.deepUnpack();

    const children = Array.from({length: variant.n_children()}, (_, i) => variant.get_child_value(i));
    if (!type.startsWith('a{'))
        return children.map(fromContainer);
    return Object.fromEntries(children.map(entry =>
        [0, 1].map(i => fromContainer(entry.get_child_value(i)))));
}

// What a thimble with packed values gives: a variant there is a list, a table or
// an integer of 64 bits, or holds the variant that was meant.
function fromValue(value) {
    if (isPlain(value))
        return value;
    switch (value.constructor) {
    case GLib.Variant:
        return fromContainer(value);
    case GLib.Bytes:
        return value.toArray();
    case GObject.ValueArray:
        return Array.from({length: value.n_values}, (_, i) => fromValue(value.get_nth(i)));
    default:
        return value;
    }
}

// One value, or an array of them; undefined where there is none.
function fromResults(values) {
    if (values === null || values.length === 0)
        return undefined;
    return values.length === 1 ? fromValue(values[0]) : values.map(fromValue);
}
