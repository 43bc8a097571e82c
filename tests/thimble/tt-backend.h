/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "thimble/thr-backend-private.h"

#include "tt-values.h"

G_BEGIN_DECLS

/* The module that the test is run for. */
const ThrBackend *tt_backend_load  (void);

/* What came out is what was to come out: the items of a list, the pairs of a
 * dictionary in any order. */
void              tt_assert_values (const char   *what,
                                    const GValue *value,
                                    const GValue *expected);

void              tt_assert_null   (const char   *what,
                                    const GValue *value);

G_END_DECLS
