/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "tt-object.h"

G_BEGIN_DECLS

typedef enum
{
  TT_WAY_IN,
  TT_WAY_OUT,
  TT_WAY_INOUT,
  TT_WAY_RETURN,
} TtWay;

/* A generated method, what it is given, and what it gives. */
typedef struct
{
  const char *name;
  TtWay way;
  gboolean nullable; /* it takes and gives NULL */
  void (*make) (GValue *value);
} TtMethod;

extern const TtMethod tt_methods[];

G_END_DECLS
