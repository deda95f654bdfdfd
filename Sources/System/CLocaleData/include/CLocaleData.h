#pragma once
/* Nothing is called here: CLocaleData.c says what it is for. */
