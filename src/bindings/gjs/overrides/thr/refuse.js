// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported install, refuse */

// JavaScript cannot run on another thread: what would have it run there is refused.

const {GLib} = imports.gi;
const {findVirtualMethod, toValue} = imports.overrides.thr.values;

let Thr;

const WAYS = 'JavaScript cannot run on another thread. Give manager.do_async() a generator ' +
    '(function*) or an async function, which run on the main loop; call methods that block ' +
    'in threads with a thimble (new Thr.Thimble(object), Thr.call(name, …)); and hear ' +
    'others with Thr.Worker.main().listen() or channel.subscribe()';

function refuse(what) {
    return new GLib.Error(Thr.Error, Thr.Error.NOT_SUPPORTED, `${what} cannot run this function. ${WAYS}.`);
}

// Every function among the arguments is refused.
function refuseFunctions(object, name, shown) {
    const original = object[name];

    object[name] = function (...args) {
        if (args.some(arg => typeof arg === 'function'))
            throw refuse(shown);
        return original.apply(this, args);
    };
}

// A worker's function is refused unless the worker's loop is the one of this thread.
function runsHere(worker) {
    const current = Thr.Worker.current();
    return worker === Thr.Worker.main() || (current !== null && worker === current);
}

function refuseElsewhere(name) {
    const original = Thr.Worker.prototype[name];

    Thr.Worker.prototype[name] = function (...args) {
        if (!runsHere(this))
            throw refuse(`The worker “${this.name}”`);
        return original.apply(this, args);
    };
}

// A value that may be freed on any thread.
function checkValue(object, name, index, shown) {
    const original = object[name];

    object[name] = function (...args) {
        if (args.length > index)
            args[index] = toValue(args[index], `${shown}(): value`);
        return original.apply(this, args);
    };
}

function install(namespace) {
    Thr = namespace;

    for (const [type, names] of [
        [Thr.ThreadWrapper, ['new']],
        [Thr.Background, ['new']],
        [Thr.Worker, ['new']],
        [Thr.Async, ['new', 'run', 'run_and_get']],
    ])
        names.forEach(name => refuseFunctions(type, name, `Thr.${type.name.replace(/^Thr_/, '')}.${name}()`));
    for (const type of [Thr.ThreadWrapper, Thr.Background, Thr.Worker, Thr.Async])
        refuseFunctions(type.prototype, '_init', `Thr.${type.name.replace(/^Thr_/, '')}`);
    refuseFunctions(Thr.ThreadWrapper.prototype, 'set_interrupter', 'A job that is interrupted');
    refuseFunctions(Thr.Access.prototype, 'set_function', 'A thimble');
    refuseElsewhere('listen_full');
    refuseElsewhere('later');

    // A class in JavaScript with a vfunc_run() of its own may run on this thread alone.
    const start = Thr.Worker.prototype.start;
    Thr.Worker.prototype.start = function () {
        const method = findVirtualMethod(this);
        if (method !== undefined)
            throw refuse(`The worker “${this.name}”, whose ${method}() is JavaScript,`);
        return start.call(this);
    };

    for (const [type, name] of [['Worker', 'fire'], ['Worker', 'bubble'], ['Worker', 'broadcast'],
        ['Worker', 'parent_fire'], ['Worker', 'children_fire'], ['Channel', 'pub']])
        checkValue(Thr[type].prototype, name, 1, name);
    for (const name of ['bubble', 'broadcast', 'parent_fire', 'children_fire'])
        checkValue(Thr, name, 1, name);
    for (const name of ['new', 'new_full'])
        checkValue(Thr.Event, name, 1, `Thr.Event.${name}`);
    for (const type of [Thr.Defer, Thr.DeferResolver])
        checkValue(type.prototype, 'resolve', 0, 'resolve');
    checkValue(Thr.Worker.prototype, 'return_value', 0, 'return_value');
    checkValue(Thr.Access.prototype, 'set_result', 0, 'set_result');
}
