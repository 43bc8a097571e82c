#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Puts one mail for each user into the mailbox FOLDER/mail, and meanwhile takes the
debug lines out of FOLDER/log. Both functions are called as any function is, and
run in the background."""

import argparse
import email.message
import mailbox
import os
import tempfile

import gi

gi.require_version("Thr", "1.0")
from gi.repository import GLib, Thr  # noqa: E402

USERS = ["ada", "grace", "edsger", "barbara"]


def ended():
    """Called on the main thread, when all mail is sent."""
    print("mail: done")


@Thr.background(give_thread=True, on_end=ended)
def send_mail(thread, folder, users):
    """Mails each of the users."""
    box = mailbox.Maildir(os.path.join(folder, "mail"))
    for left, user in zip(reversed(range(len(users))), users):
        thread.checkpoint()
        mail = email.message.EmailMessage()
        mail["To"] = f"{user}@example.net"
        mail["Subject"] = "A warning"
        mail.set_content("The log was full of debug lines.\n")
        box.add(mail)
        thread.status = left
    return len(users)


@Thr.background
def filter_log(path):
    """Takes the debug lines out, and returns how many there were."""
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    kept = [line for line in lines if not line.startswith("debug:")]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(kept)
    return len(lines) - len(kept)


def run(folder):
    loop = GLib.MainLoop()
    mails = send_mail(folder, USERS)  # returns immediately
    lines = filter_log(os.path.join(folder, "log"))  # so does this
    mails.connect("notify::status", lambda *_: print(f"mail: {mails.status} to go"))

    async def wait_for_both():
        try:
            print(f"mail: {await mails} sent")
            print(f"log: {await lines} lines less")
        finally:
            loop.quit()

    outcome = Thr.spawn(wait_for_both())
    loop.run()
    outcome.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("folder", metavar="FOLDER", nargs="?")
    choice.add_argument("--demo", action="store_true", help="in a folder made for this")
    options = parser.parse_args()
    if not options.demo:
        run(options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "log"), "w", encoding="utf-8") as file:
            file.write("debug: in\nerror: no such page\ndebug: out\n")
        run(folder)
        print(f"in the mailbox: {len(mailbox.Maildir(os.path.join(folder, 'mail')))}")


if __name__ == "__main__":
    main()
