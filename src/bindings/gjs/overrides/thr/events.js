// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported install */

// Events, channels and defers, on the main loop.

const {GLib} = imports.gi;
const {checkFunction, checkOptions, toText} = imports.overrides.thr.values;
const {promisify, Queue} = imports.overrides.thr.promises;

let Thr;

function report(name, exception) {
    GLib.log_structured('Thr', GLib.LogLevelFlags.LEVEL_WARNING,
        {MESSAGE: `A listener of “${name}” failed: ${toText(exception)}\n${exception?.stack ?? ''}`});
}

// C wants to know whether it succeeded; JavaScript says so by not throwing. To GJS
// the event is gone after the call, unless a reference is taken.
function makeListener(name, func) {
    return (worker, event) => {
        const result = func(worker, event.ref());
        if (typeof result?.then === 'function')
            result.then(undefined, exception => report(name, exception));
        return result !== false;
    };
}

function overrideListen(object) {
    const listenFull = object.listen_full;

    object.listen_full = function (name, priority, flags, target, func) {
        checkFunction(func, 'listen_full()');
        return listenFull.call(this, name, priority, flags, target, makeListener(name, func));
    };
    object.listen = function (name, func, options = {}) {
        checkFunction(func, 'listen()');
        checkOptions(options, ['priority', 'once', 'permanent', 'target'], 'listen()');
        const {priority = 0, once = false, permanent = false, target = null} = options;
        const flags = (once ? Thr.ListenerFlags.ONCE : 0) | (permanent ? Thr.ListenerFlags.PERMANENT : 0);
        return this.listen_full(name, priority, flags, target, func);
    };
}

function overrideChannel(proto) {
    const subscribe = proto.subscribe;

    // Also with the function first, and the rest left out.
    proto.subscribe = function (...args) {
        if (args.length < 3) {
            const [func, options = {}] = args;
            checkOptions(options, ['overflow', 'capacity'], 'subscribe()');
            args = [options.overflow ?? Thr.Overflow.BLOCK, options.capacity ?? 0, func];
        }
        const [overflow, capacity, func] = args;
        checkFunction(func, 'subscribe()');
        return subscribe.call(this, overflow, capacity, event => func(event.ref()));
    };
    // What waits for the loop waits here, so that nobody is blocked for long.
    proto.events = function (options = {}) {
        checkOptions(options, ['overflow', 'capacity'], 'events()');
        const {overflow = Thr.Overflow.BLOCK, capacity = 0} = options;
        let most = capacity > 0 && overflow === Thr.Overflow.DROP_OLDEST ? capacity : Infinity;
        if (overflow === Thr.Overflow.KEEP_LATEST)
            most = 1;
        const queue = new Queue(most);
        const subscription = this.subscribe(overflow, capacity, event => queue.push(event));
        queue.close = () => subscription.unsubscribe();
        return queue;
    };
    proto[Symbol.asyncIterator] = function () {
        return this.events();
    };
}

function install(namespace) {
    Thr = namespace;
    overrideListen(Thr.Worker.prototype);
    overrideListen(Thr);
    overrideChannel(Thr.Channel.prototype);
    promisify(Thr.Defer.prototype, 'get_async', 'get_finish');
}
