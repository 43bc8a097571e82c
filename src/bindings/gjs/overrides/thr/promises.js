// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported promisify, Queue, withPlace */

// The error of a promise says where the promise was made, rather than where the
// main loop called back.
function withPlace(error, place) {
    error.stack = place.stack.replace(/^.*overrides\/thr\/.*\n/gm, '');
    return error;
}

// Has `start` return a promise unless it is given a callback, as it is in C. What
// is left out at the end is null. `convert` has the object and the result, and
// `fail` the object and the error.
function promisify(proto, start, finish, {convert = (_object, value) => value, fail = (_object, error) => error} = {}) {
    const [begin, end] = [proto[start], proto[finish]];
    const nArgs = begin.length - 1;

    proto[start] = function (...args) {
        if (args.length > nArgs || typeof args[args.length - 1] === 'function')
            return begin.apply(this, args);
        while (args.length < nArgs)
            args.push(null);
        const place = new Error();
        return new Promise((resolve, reject) => {
            begin.call(this, ...args, (_source, result) => {
                try {
                    resolve(convert(this, end.call(this, result)));
                } catch (error) {
                    reject(withPlace(fail(this, error), place));
                }
            });
        });
    };
}

// What arrives by itself, for `for await`. `close` is called once, when nobody
// listens any more. At most `capacity` values wait; the oldest go first.
// (`var`, since that alone is seen outside of a module.)
var Queue = class Queue {
    constructor(capacity = Infinity) {
        this._capacity = capacity;
        this._values = [];
        this._takers = [];
        this._end = null;
        this.close = () => {};
    }

    push(value) {
        if (this._end !== null)
            return;
        if (this._takers.length > 0) {
            this._takers.shift().resolve({value, done: false});
            return;
        }
        this._values.push(value);
        if (this._values.length > this._capacity)
            this._values.shift();
    }

    // No more values; with an error it is what the loop throws at its end.
    finish(error = null) {
        if (this._end !== null)
            return;
        this._end = {error};
        for (const taker of this._takers.splice(0))
            this._settle(taker);
        this.close();
    }

    _settle({resolve, reject}) {
        const {error} = this._end;
        this._end.error = null;
        if (error !== null)
            reject(error);
        else
            resolve({value: undefined, done: true});
    }

    next() {
        return new Promise((resolve, reject) => {
            if (this._values.length > 0)
                resolve({value: this._values.shift(), done: false});
            else if (this._end !== null)
                this._settle({resolve, reject});
            else
                this._takers.push({resolve, reject});
        });
    }

    return() {
        this._values = [];
        this.finish();
        return Promise.resolve({value: undefined, done: true});
    }

    [Symbol.asyncIterator]() {
        return this;
    }
};
