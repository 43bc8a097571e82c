// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported install */

// `new Thr.Thimble(object)`: the object, with methods that return promises.

const {Gio, GObject} = imports.gi;
const {
    checkOptions, fromResults, fromValue, getTarget, refuseCode, standFor, toValue, toValues,
} = imports.overrides.thr.values;
const {withPlace} = imports.overrides.thr.promises;

let Thr;
let call, finish; // of C

const Kind = {METHOD: 1, PROPERTY: 2, OTHER: 3};

// Class → member → Kind: a class is asked about each of its members once.
const kinds = new WeakMap();

function hasMethod(raw, name) {
    try {
        return raw.list_methods().includes(name);
    } catch (error) {
        // A class of JavaScript, which nothing describes, has none.
        if (error.matches(Thr.Error, Thr.Error.NO_SUCH_METHOD))
            return false;
        throw error;
    }
}

function findKind(raw, target, name) {
    if (!(name in target))
        return undefined;
    if (typeof target[name] === 'function' && hasMethod(raw, name))
        return Kind.METHOD;
    if (GObject.Object.find_property.call(target.constructor, toProperty(name)) !== null)
        return Kind.PROPERTY;
    return Kind.OTHER;
}

// JavaScript writes "parameter-type" as parameter_type and parameterType.
function toProperty(name) {
    return name.replace(/_/g, '-').replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

const isCancellable = value => typeof value === 'object' && value instanceof Gio.Cancellable;

// The cancellable among the arguments ends the call also while it still waits for
// a thread. This is the path of every call: it is as short as it can be.
function callMethod(raw, name, args, cancellable, isPacked) {
    const place = new Error();
    return new Promise((resolve, reject) => {
        const values = toValues(args, name);
        call.call(raw, name, values, cancellable ?? values.find(isCancellable) ?? null, (_raw, result) => {
            try {
                const results = finish.call(raw, result);
                resolve(isPacked ? fromResults(results) : results);
            } catch (error) {
                reject(withPlace(error, place));
            }
        });
    });
}

// The handler of the Proxy. Members of the target win, then those of the thimble;
// `$` is the thimble itself.
class Handler {
    constructor(raw) {
        this._raw = raw;
        this._target = raw.target;
        this._methods = new Map();
        const prototype = Object.getPrototypeOf(this._target);
        if (!kinds.has(prototype))
            kinds.set(prototype, new Map());
        this._kinds = kinds.get(prototype);
    }

    _getKind(name) {
        let kind = this._kinds.get(name);
        if (kind === undefined) {
            kind = findKind(this._raw, this._target, name);
            // Others may be put onto one object alone, or later.
            if (kind === Kind.METHOD || kind === Kind.PROPERTY)
                this._kinds.set(name, kind);
        }
        return kind;
    }

    _makeMethod(name) {
        const raw = this._raw;
        if (raw.is_blocking(name))
            return (...args) => callMethod(raw, name, args, null, true);
        // Through the thimble, whose hooks see it, wherever it can be called by name.
        if (raw.has_method(name))
            return (...args) => fromValue(raw.call_now(name, toValues(args, name), null));
        return this._target[name].bind(this._target);
    }

    _getOther(object, name) {
        const value = this._target[name];
        return typeof value === 'function' && name !== 'constructor' ? value.bind(this._target) : value;
    }

    _connect(proxy, signal, handler) {
        if (typeof handler !== 'function')
            throw new TypeError(`connect('${signal}'): there is no function to call`);
        return this._raw.connect_signal(signal, (_raw, _name, args) =>
            handler(proxy, ...(args ?? []).map(fromValue)));
    }

    _getOwn(proxy, name) {
        switch (name) {
        case '$':
            return this._raw;
        case 'connect':
        case 'connect_after':
            return (signal, handler) => this._connect(proxy, signal, handler);
        case 'disconnect':
            return id => this._raw.disconnect_signal(id);
        case 'toString':
            return () => `[thimble of ${this._target}]`;
        default:
            return undefined;
        }
    }

    get(_object, name, proxy) {
        // A promise asks for `then`, and JavaScript itself for symbols.
        if (typeof name === 'symbol' || name === 'then')
            return undefined;

        let method = this._methods.get(name);
        if (method !== undefined)
            return method;
        method = this._getOwn(proxy, name);
        if (method === undefined) {
            const kind = this._getKind(name);
            if (kind === Kind.PROPERTY)
                return fromValue(this._raw.get_target_property(toProperty(name)));
            if (kind === Kind.OTHER)
                return this._getOther(this._target, name);
            if (kind === undefined) {
                const own = this._raw[name];
                return typeof own === 'function' ? own.bind(this._raw) : own;
            }
            method = this._makeMethod(name);
        }
        this._methods.set(name, method);
        return method;
    }

    set(_object, name, value) {
        if (typeof name === 'symbol' || this._getKind(name) !== Kind.PROPERTY) {
            if (typeof name === 'symbol' || !(name in this._raw))
                throw new TypeError(`${this._target} has no property ${String(name)}`);
            this._raw[name] = value;
            return true;
        }
        this._raw.set_target_property(toProperty(name), toValue(value, name));
        return true;
    }

    has(_object, name) {
        return name in this._target || name in this._raw;
    }

    deleteProperty(_object, name) {
        throw new TypeError(`${String(name)} cannot be deleted from a thimble`);
    }
}

function makeProxy(raw) {
    // Of the same class, so that `instanceof Thr.Thimble` holds.
    const proxy = new Proxy(Object.create(Thr.Thimble.prototype), new Handler(raw));
    standFor(proxy, raw.target);
    return proxy;
}

function overrideConstructor() {
    const init = Thr.Thimble.prototype._init;

    // With nothing but properties it is the thimble of C, as of any class.
    Thr.Thimble.prototype._init = function (...args) {
        const [given, options = {}] = args;
        if (args.length === 0 || (args.length === 1 && given?.constructor === Object))
            return init.apply(this, args);

        const target = getTarget(given);
        if (!(target instanceof GObject.Object))
            throw new TypeError(`new Thr.Thimble() takes an object of GObject, not ${given}`);
        checkOptions(options, ['manager', 'blocking'], 'new Thr.Thimble()');
        const {manager = null, blocking = null} = options;
        init.call(this, {
            target: refuseCode(target, 'The target of a thimble'),
            manager,
            'blocking-methods': blocking,
            'pack-values': true,
        });
        return makeProxy(this);
    };
}

function overrideCalls(proto) {
    [call, finish] = [proto.call, proto.call_finish_values];

    // With a callback as it is in C.
    proto.call = function (name, args = null, cancellable = null, ...callback) {
        if (callback.length > 0)
            return call.call(this, name, args, cancellable, ...callback);
        return callMethod(this, name, args ?? [], cancellable, this.pack_values);
    };

    // One thimble for all functions; they share the default manager.
    let functions = null;
    Thr.call = (name, ...args) => {
        functions ??= new Thr.Thimble({manager: Thr.ThreadManager.get_default(), 'pack-values': true});
        return callMethod(functions, name, args, null, true);
    };
}

function install(namespace) {
    Thr = namespace;
    overrideConstructor();
    overrideCalls(Thr.Thimble.prototype);
}
