// SPDX-License-Identifier: LGPL-2.1-or-later
// Thimbles and hooks, as Vala sees them through the vapi.

using Thr;

File make_content () throws Error {
    var content = File.new_for_path (DirUtils.make_tmp ("thimble-XXXXXX")).get_child ("content");
    FileUtils.set_contents ((!) content.get_path (), "some content");
    return content;
}

void remove_content (File content) throws Error {
    content.delete ();
    ((!) content.get_parent ()).delete ();
}

async void await_calls () throws Error {
    var content = make_content ();
    var thimble = new Thimble (content);

    // Each is a copy, and outlives the calls after it.
    Value? name = yield thimble.call ("get_basename");
    var info = yield thimble.call ("query_info", { "standard::size", 0 });
    assert (((!) name).get_string () == "content");
    assert (((FileInfo) ((!) info).get_object ()).get_size () == 12);

    try {
        yield thimble.call ("get_basenam");
        assert_not_reached ();
    } catch (ThrError.NO_SUCH_METHOD e) {
        assert ("get_basename" in e.message);
    }
    try {
        yield thimble.call ("query_info", { "standard::size", "nonsense" });
        assert_not_reached ();
    } catch (ThrError.INVALID_ARGUMENT e) {
    }
    var cancellable = new Cancellable ();
    cancellable.cancel ();
    try {
        yield thimble.call ("get_basename", {}, cancellable);
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }

    // The error of the method itself.
    remove_content (content);
    try {
        yield thimble.call ("load_contents");
        assert_not_reached ();
    } catch (IOError.NOT_FOUND e) {
    }
}

void call_for_many () throws Error {
    var content = make_content ();
    var thimble = new Thimble (content);
    AsyncResult? outcome = null;
    thimble.call.begin ("load_contents", null, null, (_, result) => outcome = result);
    iterate_until (() => outcome != null);

    unowned Value[]? values = thimble.call_finish_values ((!) outcome);
    assert (((!) values).length == 2);
    assert (((Bytes) ((!) values)[0].get_boxed ()).length == 12);
    remove_content (content);
}

async void await_functions () throws Error {
    assert (Thimble.require ("GLib"));
    var thimble = new Thimble.for_functions ();
    assert (thimble.target == null && thimble.blocking_methods == null);
    var text = yield thimble.call ("GLib.utf8_strup", { "text", -1 });
    assert (((!) text).get_string () == "TEXT");
}

void look () throws Error {
    var manager = new ThreadManager ();
    var content = File.new_for_path ("/");
    var thimble = new Thimble (content, manager, { "query_*", "load_contents" });
    assert (thimble.target == content && thimble.get_target () == content);
    assert (thimble.manager == manager && thimble.get_manager () == manager);
    assert (((!) thimble.blocking_methods).length == 2);
    assert (thimble.is_blocking ("query_info") && !thimble.is_blocking ("get_basename"));
    assert (thimble.has_method ("get_basename") && !thimble.has_method ("get_basenam"));
    assert ("load_contents" in thimble.list_methods ());
    thimble.serialize_all = true;
    assert (thimble.serialize_all);
}

void call_at_once () throws Error {
    var action = new SimpleAction ("act", null);
    var thimble = new Thimble (action, null, { "activate" });

    assert (thimble.call_now ("get_name").get_string () == "act");
    assert (thimble.get_target_property ("name").get_string () == "act");
    assert (thimble.set_target_property ("enabled", false) && !action.enabled);

    var heard = 0;
    var handler = thimble.connect_signal ("notify::enabled", (told, signal_name, arguments) => {
        assert (told == thimble && signal_name == "notify::enabled" && arguments.length == 1);
        heard++;
    });
    action.set_enabled (true);
    assert (heard == 1);
    assert (thimble.disconnect_signal (handler));

    var job = thimble.call_thread ("activate");
    assert (job.join () && job.result == null);
}

async void hook () throws Error {
    var action = new SimpleAction ("act", null);
    var thimble = new Thimble (action, null, { "get_name", "change_state" });
    var seen = "";

    var answering = thimble.add_hook ("get_name", (hooked, access) => {
        seen += access.get_kind () == BLOCKING ? "blocking " : "immediate ";
        access.set_result (access.get_member () + "!");
        return true;
    });
    assert (((!) yield thimble.call ("get_name")).get_string () == "get_name!");
    assert (thimble.call_now ("get_name").get_string () == "get_name!");
    assert (seen == "blocking immediate ");
    assert (thimble.remove_hook (answering) && !thimble.remove_hook (answering));

    var refusing = thimble.add_hook ("get_name", () => { throw new IOError.PERMISSION_DENIED ("no"); });
    try {
        yield thimble.call ("get_name");
        assert_not_reached ();
    } catch (IOError.PERMISSION_DENIED e) {
    }
    thimble.remove_hook (refusing);

    var main_thread = current_thread ();
    thimble.add_hook ("get_name", (hooked, access) => access.set_function ((thread) => {
        assert (current_thread () != main_thread);
        return thread.return_value ("made apart");
    }));
    assert (((!) yield thimble.call ("get_name")).get_string () == "made apart");

    thimble.add_hook ("get_enabled", (hooked, access) => {
        access.set_callee ("get_state_hint");
        return true;
    });
    assert (thimble.call_now ("get_enabled").get_variant () == null);

    thimble.add_hook ("enabled", (hooked, access) => {
        assert (access.get_kind () == SET && access.get_n_arguments () == 1);
        assert (((!) access.get_argument (0)).get_boolean ());
        access.set_arguments ({ false });
        return true;
    });
    thimble.set_target_property ("enabled", true);
    assert (!action.enabled);
}

int main (string[] args) {
    Test.init (ref args);
    add_async_test ("/thimbles/await", (callback) => await_calls.begin (callback),
                    (result) => await_calls.end (result));
    add_test ("/thimbles/many", call_for_many);
    add_async_test ("/thimbles/functions", (callback) => await_functions.begin (callback),
                    (result) => await_functions.end (result));
    add_test ("/thimbles/look", look);
    add_test ("/thimbles/at-once", call_at_once);
    add_async_test ("/thimbles/hook", (callback) => hook.begin (callback),
                    (result) => hook.end (result));
    return Test.run ();
}
