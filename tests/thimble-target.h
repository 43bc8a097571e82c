/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A target whose blocking method, GInputStream's skip(), does not return before
 * it is allowed to; a type that no introspection data describes, so that it is
 * found by its parent.
 *
 * Signals: "told" (int, string, GObject), "asked" (gives a boolean), "pointed"
 * (bare pointer). Properties: "level" (0 to 10), "where" (GSocketFamily),
 * "label" (string), "secret" (write only). */
#define TEST_TYPE_TARGET (test_target_get_type ())
G_DECLARE_FINAL_TYPE (TestTarget, test_target, TEST, TARGET, GInputStream)

TestTarget *test_target_new             (void);
/* Lets all calls pass, also those to come. */
void        test_target_open            (TestTarget *self);
/* Until one is inside. */
void        test_target_wait_entered    (TestTarget *self);
/* That of the last call. */
GThread    *test_target_get_thread      (TestTarget *self);
int         test_target_get_n_calls     (TestTarget *self);
int         test_target_get_most_inside (TestTarget *self);
/* The counts that were given, in order, each with a space. */
const char *test_target_get_order       (TestTarget *self);
void        test_target_tell            (TestTarget *self,
                                         int         number,
                                         const char *text,
                                         GObject    *object);

G_END_DECLS
