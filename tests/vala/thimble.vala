// SPDX-License-Identifier: LGPL-2.1-or-later
// Thimbles as Vala sees them through the generated vapi.

using Thr;

File content;

async void await_call () throws Error {
    var thimble = new Thimble (content, null, null);

    Value name = yield thimble.call ("get_basename", {}, null);
    assert (name.get_string () == "content");

    Value attributes = "standard::size";
    Value flags = 0;
    Value info = yield thimble.call ("query_info", { attributes, flags }, null);
    assert (((FileInfo) info.get_object ()).get_size () == 12);

    try {
        yield thimble.call ("get_basenam", {}, null);
        assert_not_reached ();
    } catch (ThrError.NO_SUCH_METHOD e) {
        assert ("get_basename" in e.message);
    }
    assert (thimble.is_blocking ("get_basename"));
    assert (thimble.has_method ("get_basename"));
    assert ("load_contents" in thimble.list_methods ());
}

void call_at_once () throws Error {
    var action = new SimpleAction ("act", null);
    var thimble = new Thimble (action, null, { "activate" });

    Value name = thimble.call_now ("get_name", {}, null);
    assert (name.get_string () == "act");
    name = thimble.get_target_property ("name");
    assert (name.get_string () == "act");
    Value no = false;
    assert (thimble.set_target_property ("enabled", no));
    assert (!action.enabled);

    var hook = thimble.add_hook ("get_name", (hooked, access) => {
        Value given = access.get_member () + "!";
        access.set_result (given);
        return true;
    });
    name = thimble.call_now ("get_name", {}, null);
    assert (name.get_string () == "get_name!");
    assert (thimble.remove_hook (hook));

    var heard = 0;
    var handler = thimble.connect_signal ("notify::enabled", (told, signal_name, arguments) => {
        assert (signal_name == "notify::enabled" && arguments.length == 1);
        heard++;
    });
    action.set_enabled (true);
    assert (heard == 1);
    assert (thimble.disconnect_signal (handler));

    var job = thimble.call_thread ("activate", {});
    assert (job.join (FOREVER, null));
}

int main () {
    var loop = new MainLoop ();

    try {
        var folder = File.new_for_path (DirUtils.make_tmp ("thimble-XXXXXX"));
        content = folder.get_child ("content");
        FileUtils.set_contents (content.get_path (), "some content");
        await_call.begin ((_, outcome) => {
            try {
                await_call.end (outcome);
            } catch (Error e) {
                error ("%s", e.message);
            }
            loop.quit ();
        });
        loop.run ();
        call_at_once ();
        content.delete (null);
        folder.delete (null);
    } catch (Error e) {
        error ("%s", e.message);
    }
    print ("all is well\n");
    return 0;
}
