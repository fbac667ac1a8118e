// What the map page uses of Apache ECharts, and nothing else.
import { LinesChart, ScatterChart } from "echarts/charts";
import { GeoComponent, TooltipComponent } from "echarts/components";
import { init, registerMap, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

use([LinesChart, ScatterChart, GeoComponent, TooltipComponent, LabelLayout, CanvasRenderer]);

export { init, registerMap };
