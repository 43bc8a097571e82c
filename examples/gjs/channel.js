#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// channel.js [TEXT…]: publishes its arguments in a channel, on a background
// thread. Two hear them on the main loop: a function, and a loop.

import GLib from 'gi://GLib';
import System from 'system';
import Thr from 'gi://Thr?version=1.0';

const END = 'END';

async function printAll(channel) {
    let n = 0;
    for await (const event of channel) {
        if (event.get_name() === END)
            break;
        print(`The loop heard “${event.get_value()}”.`);
        n++;
    }
    return n;
}

async function main() {
    const texts = ARGV.length > 0 ? ARGV : ['Hello', 'channel!'];
    const channel = new Thr.Channel();
    const loop = printAll(channel);
    const subscription = channel.subscribe(event => {
        if (event.get_name() !== END)
            print(`The function heard “${event.get_value()}”.`);
    });

    // One after the other, in a thread.
    const publisher = new Thr.Thimble(channel);
    for (const text of texts)
        await publisher.pub('TEXT', text);
    await publisher.pub(END, null);

    print(`${await loop} texts were heard.`);
    subscription.unsubscribe();
}

const loop = new GLib.MainLoop(null, false);
let status = 1;
main().then(() => (status = 0), logError).finally(() => loop.quit());
loop.run();
System.exit(status);
