/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include <gmodule.h>

G_MODULE_EXPORT const ThrBackend *thr_backend_get (void);

static const char *
get_name (const ThrPlan *plan)
{
  return plan->name;
}

const ThrBackend *
thr_backend_get (void)
{
  static const ThrBackend backend = {
    .version = THR_BACKEND_VERSION,
    .name = THR_GIREPOSITORY == 2 ? "girepository-2.0" : "girepository-1.0",
    .require = thr_find_require,
    .find_method = thr_find_method,
    .find_function = thr_find_function,
    .list_methods = thr_find_list,
    .get_name = get_name,
    .prepare = thr_call_prepare,
    .invoke = thr_call_invoke,
    .results = thr_call_results,
    .is_container = thr_call_is_container,
    .free = thr_call_free,
  };

  return &backend;
}
