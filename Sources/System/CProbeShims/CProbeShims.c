#include "CProbeShims.h"
