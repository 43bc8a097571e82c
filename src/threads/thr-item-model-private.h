/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "base/thr-home-private.h"

G_BEGIN_DECLS

/* A list that grows at its end, and shrinks at its beginning: many items at
 * once, and told at once. It lives as long as somebody holds it, and is read,
 * changed and freed at home. */
#define THR_TYPE_ITEM_MODEL (thr_item_model_get_type ())
G_DECLARE_FINAL_TYPE (ThrItemModel, thr_item_model, THR, ITEM_MODEL, GObject)

ThrItemModel *thr_item_model_new       (ThrDispatcher *home,
                                        GType          item_type,
                                        void         (*unref) (gpointer item));
void          thr_item_model_append    (ThrItemModel  *self,
                                        GPtrArray     *items);
void          thr_item_model_drop      (ThrItemModel  *self,
                                        guint          n_items);

G_END_DECLS
